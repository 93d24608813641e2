"""What a product costs in one currency: a fixed amount (0 is free), what the buyer wants to pay, or so much a seat or a unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.chassis.money import CURRENCIES
from services.checkout.domain.errors import AmountBelowMinimum, AmountNotAllowed, CurrencyUnknown
from services.pricing.errors import PriceBoundsInvalid
from services.pricing.price import LARGEST_PRICE, CustomPrice, FixedPrice, PriceAmount, amount_of, check_counted, check_largest, is_free

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
class PriceTerms:
    """A price as the merchant says it; with an id, one that stays."""

    currency: str
    amount: PriceAmount | None
    tax_behavior: TaxBehavior | None = None
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """Never changes but for being archived."""

    id: UUID
    product_id: UUID
    currency: str
    amount: PriceAmount
    tax_behavior: TaxBehavior | None
    """None takes the organization's default."""
    is_archived: bool
    created_at: datetime

    @property
    def is_free(self) -> bool:
        """Whether it never costs anything."""
        return is_free(self.amount)


def minimum_charge(currency: str) -> int:
    """The smallest amount that is charged in a currency, minor units."""
    return _MINIMUM.get(currency, DEFAULT_MINIMUM)


def completed(amount: PriceAmount, currency: str, *, at: str) -> PriceAmount:
    """The amount with its defaults, checked. `at`: where the request says the price, e.g. `prices[0]`.

    CurrencyUnknown, AmountBelowMinimum, AmountAboveMaximum, PriceBoundsInvalid, PriceTiersInvalid.
    """
    if currency not in CURRENCIES:
        raise CurrencyUnknown(currency, f"{at}.price_currency")
    inside = f"{at}.{amount.amount_type}"
    if isinstance(amount, FixedPrice):
        _check_chargeable(amount.price_amount, currency, f"{inside}.price_amount")
        return amount
    if isinstance(amount, CustomPrice):
        return _completed_custom(amount, currency, inside)
    check_counted(amount, at=inside)
    return amount


def check_choice(price: Price, chosen: int | None) -> None:
    """AmountNotAllowed if what the buyer wants to pay does not fit the price."""
    if not isinstance(price.amount, CustomPrice):
        if chosen is not None and chosen != (price.amount.price_amount if isinstance(price.amount, FixedPrice) else None):
            raise AmountNotAllowed("the price is fixed" if isinstance(price.amount, FixedPrice) else "the price follows from the quantity")
        return
    minimum, amount = price.amount.minimum_amount or 0, amount_of(price.amount, chosen=chosen)
    if not _within(price.amount, amount):
        raise AmountNotAllowed(f"choose at least {minimum} and at most {price.amount.maximum_amount or LARGEST_PRICE} (minor units)")
    if 0 < amount < minimum_charge(price.currency):
        raise AmountNotAllowed(f"choose at least {minimum_charge(price.currency)} (minor units), or 0 where that is allowed")


def _completed_custom(amount: CustomPrice, currency: str, at: str) -> CustomPrice:
    minimum = max(DEFAULT_MINIMUM, minimum_charge(currency)) if amount.minimum_amount is None else amount.minimum_amount
    complete = CustomPrice(minimum, amount.maximum_amount, amount.preset_amount)
    for name in ("minimum_amount", "maximum_amount", "preset_amount"):
        bound = getattr(complete, name)
        if bound is not None:
            _check_chargeable(bound, currency, f"{at}.{name}")
    if complete.maximum_amount is not None and complete.maximum_amount < max(minimum, 1):
        raise PriceBoundsInvalid("maximum_amount is below minimum_amount", f"{at}.maximum_amount")
    if complete.preset_amount is not None and not _within(complete, complete.preset_amount):
        raise PriceBoundsInvalid("preset_amount is outside of minimum_amount and maximum_amount", f"{at}.preset_amount")
    return complete


def _within(amount: CustomPrice, value: int) -> bool:
    return (amount.minimum_amount or 0) <= value <= (LARGEST_PRICE if amount.maximum_amount is None else amount.maximum_amount)


def _check_chargeable(value: int, currency: str, at: str) -> None:
    if 0 < value < minimum_charge(currency):
        raise AmountBelowMinimum(currency, minimum_charge(currency), at)
    check_largest(value, currency, at=at)
