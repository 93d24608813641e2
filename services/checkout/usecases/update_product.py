"""A merchant describes or prices a product differently, ends its sales or resumes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from services.chassis.ids import new_id
from services.checkout.domain import product as rules
from services.checkout.domain.errors import ProductNotFound
from services.checkout.domain.price import PriceTerms
from services.checkout.domain.product import Product, ProductTerms
from services.checkout.usecases.ports import Store


async def update_product(
    product_id: UUID,
    edit: Callable[[ProductTerms], ProductTerms],
    prices: Sequence[PriceTerms] | None,
    now: datetime,
    *,
    store: Store,
) -> Product:
    """The product after the edit. `prices` None leaves the prices alone. ProductNotFound, PriceNotFound and the rules' errors."""
    before = await store.products.lock(product_id)
    if before is None:
        raise ProductNotFound
    organization = await store.organizations.get(before.organization_id)
    after, fact = rules.update(
        before,
        edit(before.terms),
        prices,
        price_ids=[new_id() for _ in prices or ()],
        default_currency=organization.default_currency,
        now=now,
    )
    await store.products.save(after)
    store.publish(fact)
    return after
