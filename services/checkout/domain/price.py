"""What a product costs in one currency: a fixed amount (0 is free) or what the buyer wants to pay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.chassis.money import Money
from services.checkout.domain.errors import AmountAboveMaximum, AmountBelowMinimum, AmountNotAllowed, PriceBoundsInvalid

LARGEST_PRICE = 99_999_999
"""Of one charge, in any currency: eight digits are what the processor takes."""
DEFAULT_MINIMUM = 50
# The smallest charge that is worth its cost and that the processor takes, where it is not 50. Close to half a US dollar, never below
# the processor's own minimum (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).
_MINIMUM = {
    "aed": 200, "ars": 60000, "bgn": 100, "brl": 250, "clp": 500, "cny": 400, "cop": 220000, "czk": 1500, "dkk": 350, "gbp": 40,
    "hkd": 400, "huf": 20000, "idr": 900000, "ils": 200, "inr": 6000, "isk": 7000, "jpy": 80, "krw": 750, "mxn": 1000, "myr": 250,
    "nok": 600, "nzd": 100, "pen": 200, "php": 3000, "pln": 200, "ron": 250, "sar": 200, "sek": 500, "thb": 2000, "try": 2200,
    "twd": 2000, "uah": 2200, "vnd": 13000, "zar": 1000,
}  # fmt: skip


class TaxBehavior(StrEnum):
    """Whether an amount contains its tax; `location`: exclusive in the US, Canada and India, inclusive elsewhere."""

    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"
    LOCATION = "location"


@dataclass(frozen=True, slots=True)
class FixedAmount:
    """One amount in minor units; 0 is free."""

    price_amount: int


@dataclass(frozen=True, slots=True)
class CustomAmount:
    """The buyer chooses, minor units. A minimum of 0 allows paying nothing."""

    minimum_amount: int | None = None
    maximum_amount: int | None = None
    preset_amount: int | None = None


@dataclass(frozen=True, slots=True)
class PriceTerms:
    """A price as the merchant says it; with an id, one that stays."""

    currency: str
    amount: FixedAmount | CustomAmount | None
    tax_behavior: TaxBehavior | None = None
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """Never changes but for being archived."""

    id: UUID
    product_id: UUID
    currency: str
    amount: FixedAmount | CustomAmount
    tax_behavior: TaxBehavior | None
    """None takes the organization's default."""
    is_archived: bool
    created_at: datetime

    @property
    def is_free(self) -> bool:
        """Whether it never costs anything."""
        return isinstance(self.amount, FixedAmount) and self.amount.price_amount == 0


def minimum_charge(currency: str) -> int:
    """The smallest amount that is charged in a currency, minor units."""
    return _MINIMUM.get(currency, DEFAULT_MINIMUM)


def completed(amount: FixedAmount | CustomAmount, currency: str) -> FixedAmount | CustomAmount:
    """The amount with its defaults, checked. CURRENCY_UNKNOWN, AmountBelowMinimum, AmountAboveMaximum, PriceBoundsInvalid."""
    Money(currency, 0)
    if isinstance(amount, FixedAmount):
        _check_chargeable(amount.price_amount, currency)
        return amount
    minimum = max(DEFAULT_MINIMUM, minimum_charge(currency)) if amount.minimum_amount is None else amount.minimum_amount
    complete = CustomAmount(minimum, amount.maximum_amount, amount.preset_amount)
    for bound in (minimum, complete.maximum_amount, complete.preset_amount):
        if bound is not None:
            _check_chargeable(bound, currency)
    if complete.maximum_amount is not None and complete.maximum_amount < max(minimum, 1):
        raise PriceBoundsInvalid("maximum_amount is below minimum_amount")
    if complete.preset_amount is not None and not _within(complete, complete.preset_amount):
        raise PriceBoundsInvalid("preset_amount is outside of minimum_amount and maximum_amount")
    return complete


def amount_to_pay(price: Price, chosen: int | None) -> int:
    """What one unit costs, minor units. AmountNotAllowed if the buyer's choice does not fit the price."""
    if isinstance(price.amount, FixedAmount):
        if chosen is not None and chosen != price.amount.price_amount:
            raise AmountNotAllowed("the price is fixed")
        return price.amount.price_amount
    minimum = price.amount.minimum_amount or 0
    amount = chosen if chosen is not None else (minimum if price.amount.preset_amount is None else price.amount.preset_amount)
    if not _within(price.amount, amount):
        raise AmountNotAllowed(f"choose at least {minimum} and at most {price.amount.maximum_amount or LARGEST_PRICE} (minor units)")
    if 0 < amount < minimum_charge(price.currency):
        raise AmountNotAllowed(f"choose at least {minimum_charge(price.currency)} (minor units), or 0 where that is allowed")
    return amount


def _within(amount: CustomAmount, value: int) -> bool:
    return (amount.minimum_amount or 0) <= value <= (LARGEST_PRICE if amount.maximum_amount is None else amount.maximum_amount)


def _check_chargeable(value: int, currency: str) -> None:
    if 0 < value < minimum_charge(currency):
        raise AmountBelowMinimum(currency, minimum_charge(currency))
    if value > LARGEST_PRICE:
        raise AmountAboveMaximum(currency, LARGEST_PRICE)
