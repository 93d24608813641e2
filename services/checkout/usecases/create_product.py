"""A merchant puts something on offer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.chassis.ids import new_id
from services.checkout.domain import product as rules
from services.checkout.domain.price import PriceTerms
from services.checkout.domain.product import Product, ProductTerms
from services.checkout.usecases.ports import Store


async def create_product(
    organization_id: UUID, terms: ProductTerms, prices: Sequence[PriceTerms], now: datetime, *, store: Store
) -> Product:
    """The new product. Errors of the rules about prices and trials."""
    organization = await store.organizations.get(organization_id)
    product, fact = rules.create(
        new_id(),
        organization_id,
        terms,
        prices,
        price_ids=[new_id() for _ in prices],
        default_currency=organization.default_currency,
        now=now,
    )
    await store.products.add(product)
    store.publish(fact)
    return product
