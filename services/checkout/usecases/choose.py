"""Looks up what a cart names: product, prices, discount."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.checkout.domain.cart import Cart
from services.checkout.domain.discount import Discount, check_applicable
from services.checkout.domain.errors import DiscountNotFound, ProductNotFound
from services.checkout.domain.organization import Organization
from services.checkout.domain.price import Price
from services.checkout.domain.product import Product, prices_in
from services.checkout.usecases.ports import Store
from services.checkout.usecases.price_cart import Chosen


async def choose(cart: Cart, organization: Organization, *, store: Store, shown: Sequence[UUID] = ()) -> Chosen:
    """What the cart names. `shown`: the prices that the buyer was shown, which hold unless one of them is archived by now.

    ProductNotFound, ProductArchived, CurrencyNotOffered.
    """
    products = await store.products.many([cart.product_id])
    product = products.get(cart.product_id)
    if product is None:
        raise ProductNotFound
    discount = await store.discounts.get(cart.discount_id) if cart.discount_id else None
    return Chosen(product, _prices(product, cart.currency, shown), discount, organization)


async def find_discount(cart: Cart, *, store: Store, now: datetime) -> Discount | None:
    """The discount that a buyer or merchant asks for now, which must apply. DiscountNotFound, DiscountNotApplicable, DiscountExhausted."""
    if cart.discount_id is None and not cart.discount_code:
        return None
    found = await (store.discounts.get(cart.discount_id) if cart.discount_id else store.discounts.by_code(cart.discount_code or ""))
    if found is None:
        raise DiscountNotFound
    check_applicable(found, cart.product_id, cart.currency, now)
    return found


def _prices(product: Product, currency: str, shown: Sequence[UUID]) -> tuple[Price, ...]:
    current = prices_in(product, currency)
    kept = tuple(price for price in current if price.id in shown)
    return kept if kept and len(kept) == len(shown) else current
