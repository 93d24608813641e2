"""A merchant or the buyer changes an open checkout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.checkout.domain import checkout as rules
from services.checkout.domain.cart import Buyer, Cart, select_product
from services.checkout.domain.checkout import Checkout
from services.checkout.domain.errors import DiscountCodesNotAllowed
from services.checkout.domain.metadata import Metadata
from services.checkout.domain.product import Product
from services.checkout.usecases.choose import choose, find_discount
from services.checkout.usecases.create_checkout import check_buyer
from services.checkout.usecases.outside_ports import TaxCalculator, TaxIds
from services.checkout.usecases.ports import Store
from services.checkout.usecases.price_cart import price_cart


@dataclass(frozen=True, slots=True)
class CheckoutEdit:
    """What is to change. None leaves a part alone."""

    buyer: Callable[[Buyer], Buyer]
    product_id: UUID | None = None
    amount: int | None = None
    seats: int | None = None
    units: int | None = None
    discount_code: str | None = None
    """Empty takes the discount away."""
    metadata: Metadata | None = None


async def update_checkout(
    found: Checkout,
    edit: CheckoutEdit,
    now: datetime,
    *,
    by_buyer: bool,
    store: Store,
    taxes: TaxCalculator,
    tax_ids: TaxIds,
) -> tuple[Checkout, Product]:
    """The checkout after the edit, and its product. `found` is locked. CheckoutNotOpen and those of creating one."""
    rules.check_open(found, now)
    cart = await edited_cart(found.cart, edit, now, by_buyer=by_buyer, store=store)
    buyer = edit.buyer(found.buyer)
    check_buyer(buyer, tax_ids)
    organization = await store.organizations.get(found.organization_id)
    chosen = await choose(cart, organization, store=store)
    offer = price_cart(cart, buyer, chosen, now, taxes=taxes)
    metadata = found.metadata if edit.metadata is None else edit.metadata
    after, fact = rules.change(found, cart=cart, buyer=buyer, offer=offer, metadata=metadata, now=now)
    await store.checkouts.save([after])
    store.publish(fact)
    return after, chosen.product


async def edited_cart(cart: Cart, edit: CheckoutEdit, now: datetime, *, by_buyer: bool, store: Store) -> Cart:
    """The cart after the edit. DiscountCodesNotAllowed, ProductNotFound and the errors about discounts."""
    if edit.product_id is not None:
        cart = select_product(cart, edit.product_id)
    if edit.amount is not None:
        cart = replace(cart, amount=edit.amount)
    if edit.seats is not None:
        cart = replace(cart, seats=replace(cart.seats, wanted=edit.seats))
    if edit.units is not None:
        cart = replace(cart, units=replace(cart.units, wanted=edit.units))
    if edit.discount_code is None:
        return cart
    if by_buyer and edit.discount_code and not cart.allow_discount_codes:
        raise DiscountCodesNotAllowed
    cart = replace(cart, discount_id=None, discount_code=edit.discount_code or None)
    discount = await find_discount(cart, store=store, now=now)
    return replace(cart, discount_id=discount.id if discount else None, discount_code=discount.terms.code if discount else None)
