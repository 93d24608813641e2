"""A subscription that runs takes a discount: the same limits as at a checkout."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from services.checkout.domain.discount import AppliedDiscount, applied, check_applicable, same_person
from services.checkout.domain.errors import CustomerNotFound, DiscountExhausted, DiscountNotFound
from services.checkout.usecases.catalog_ports import Redemption
from services.checkout.usecases.ports import Store


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which discount, for whom and what."""

    subscription_id: UUID
    request_id: str
    discount_id: UUID
    customer_id: UUID
    product_id: UUID
    currency: str
    validate_only: bool = False
    """Judge, and redeem nothing."""


async def redeem_discount(organization_id: UUID, wanted: Wanted, *, store: Store) -> AppliedDiscount:
    """The discount as it was redeemed. DiscountNotFound, DiscountNotApplicable, DiscountExhausted, CustomerNotFound."""
    discount = await store.discounts.get(wanted.discount_id)
    if discount is None:
        raise DiscountNotFound
    customer = await store.customers.get(wanted.customer_id)
    if customer is None:
        raise CustomerNotFound
    now = await store.now(organization_id)
    check_applicable(discount, wanted.product_id, wanted.currency, now)
    redemption = Redemption(
        checkout_id=None,
        subscription_id=wanted.subscription_id,
        request_id=wanted.request_id,
        organization_id=organization_id,
        discount_id=discount.id,
        customer_id=customer.id,
        person=same_person(customer.details.email),
        created_at=now,
    )
    if not wanted.validate_only:
        await store.discounts.redeem(redemption)
        return applied(discount)
    limit = discount.terms.max_redemptions_per_customer
    if limit is not None and await store.discounts.count_of_customer(redemption) >= limit:
        raise DiscountExhausted
    return applied(discount)
