"""A merchant offers a discount."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.chassis.ids import new_id
from services.checkout.domain import discount as rules
from services.checkout.domain.discount import Discount, DiscountTerms
from services.checkout.domain.errors import ProductNotFound
from services.checkout.usecases.ports import Store


async def create_discount(organization_id: UUID, terms: DiscountTerms, now: datetime, *, store: Store) -> Discount:
    """The new discount. DiscountCodeTaken, ProductNotFound and the rules' errors."""
    discount, fact = rules.create(new_id(), organization_id, terms, now=now)
    await check_products(terms, store)
    await store.discounts.add(discount)
    store.publish(fact)
    return discount


async def check_products(terms: DiscountTerms, store: Store) -> None:
    """ProductNotFound unless all products of the list are there."""
    if terms.product_ids and len(await store.products.many(terms.product_ids)) < len(set(terms.product_ids)):
        raise ProductNotFound
