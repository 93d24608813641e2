"""What may be chosen at a checkout and what is, who buys, and where they go afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from services.checkout.domain.address import Address
from services.checkout.domain.errors import ProductNotFound
from services.checkout.domain.interval import Interval
from services.checkout.domain.metadata import Metadata


@dataclass(frozen=True, slots=True)
class Quantity:
    """How many seats or units: what is wanted, and between which bounds the merchant lets the buyer choose."""

    wanted: int | None = None
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class Cart:
    """What may be chosen and what is."""

    product_ids: tuple[UUID, ...]
    product_id: UUID
    currency: str
    amount: int | None
    """Chosen by the buyer; only for pay-what-you-want prices."""
    discount_id: UUID | None
    discount_code: str | None
    allow_discount_codes: bool
    allow_trial: bool
    trial_override: Interval | None
    seats: Quantity = Quantity()
    units: Quantity = Quantity()
    upgraded_subscription_id: UUID | None = None
    """The free subscription that goes on with what is bought."""


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys, as far as they said."""

    customer_id: UUID | None
    external_customer_id: str | None
    name: str | None
    email: str | None
    billing_name: str | None
    billing_address: Address | None
    tax_id: str | None
    is_business: bool
    require_billing_address: bool
    locale: str | None
    metadata: Metadata
    is_named: bool = False
    """The merchant said which customer it is. Whoever only typed an e-mail address may be anybody."""


@dataclass(frozen=True, slots=True)
class Pages:
    """Where the buyer's browser goes afterwards."""

    success_url: str | None
    return_url: str | None


def as_typed(buyer: Buyer) -> Buyer:
    """The buyer without the customer an earlier attempt took them for, unless the merchant named it: the address may be another now."""
    return buyer if buyer.is_named else replace(buyer, customer_id=None, external_customer_id=None)


def select_product(cart: Cart, product_id: UUID) -> Cart:
    """The cart with another of its products selected; what was chosen for the former one is dropped."""
    if product_id not in cart.product_ids:
        raise ProductNotFound
    if product_id == cart.product_id:
        return cart
    seats, units = replace(cart.seats, wanted=None), replace(cart.units, wanted=None)
    return replace(cart, product_id=product_id, amount=None, seats=seats, units=units)
