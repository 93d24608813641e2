"""A change that waits for the next period."""

from __future__ import annotations

from dataclasses import replace

from services.subscription.domain.discount import recounted
from services.subscription.domain.subscription import PendingUpdate, Terms


def updated_terms(terms: Terms, update: PendingUpdate) -> Terms:
    """The terms with the change in them."""
    target = update.product
    if target is not None:
        terms = replace(
            terms,
            product_id=target.product_id,
            product_name=target.product_name,
            recurrence=target.recurrence,
            prices=target.prices,
            tax_behavior=target.tax_behavior,
            discount=recounted(terms.discount, terms.recurrence, target.recurrence) if terms.discount else None,
        )
    return replace(
        terms,
        seats=terms.seats if update.seats is None else update.seats,
        units=terms.units if update.units is None else update.units,
    )
