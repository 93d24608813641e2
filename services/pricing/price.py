"""The kinds of price, and what a purchase costs at each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from services.pricing.errors import AmountAboveMaximum, PriceBoundsInvalid, QuantityNotAllowed
from services.pricing.tiers import Tier, TierType, check_tiers, tiered_amount

LARGEST_PRICE = 99_999_999
"""Of one charge, in any currency: eight digits are what the processor takes."""


@dataclass(frozen=True, slots=True)
class FixedPrice:
    """One amount in minor units; 0 is free."""

    price_amount: int
    amount_type: Literal["fixed"] = "fixed"


@dataclass(frozen=True, slots=True)
class CustomPrice:
    """The buyer chooses, minor units. A minimum of 0 allows paying nothing."""

    minimum_amount: int | None = None
    maximum_amount: int | None = None
    preset_amount: int | None = None
    amount_type: Literal["custom"] = "custom"


@dataclass(frozen=True, slots=True)
class SeatBasedPrice:
    """So much a seat."""

    tiers: tuple[Tier, ...]
    tier_type: TierType = TierType.VOLUME
    minimum_seats: int = 1
    maximum_seats: int | None = None
    amount_type: Literal["seat_based"] = "seat_based"


@dataclass(frozen=True, slots=True)
class UnitLabel:
    """The noun of a unit by plural category."""

    other: str
    one: str | None = None


@dataclass(frozen=True, slots=True)
class UnitBasedPrice:
    """So much a unit of a quantity that the buyer declares."""

    tiers: tuple[Tier, ...]
    tier_type: TierType = TierType.VOLUME
    minimum_units: int = 0
    maximum_units: int | None = None
    unit_label: Mapping[str, UnitLabel] = field(default_factory=dict)
    """By locale."""
    amount_type: Literal["unit_based"] = "unit_based"


PriceAmount = FixedPrice | CustomPrice | SeatBasedPrice | UnitBasedPrice


def amount_of(price: PriceAmount, *, seats: int | None = None, units: int | None = None, chosen: int | None = None) -> int:
    """What one period, or the one sale, costs before discount, minor units.

    A quantity that is not given is the smallest that is sold; `chosen` is what the buyer pays at a custom price, else its preset, else
    its minimum. Bounds are `check_quantity`'s matter: a running subscription may be outside of those that its price has.
    """
    if isinstance(price, FixedPrice):
        return price.price_amount
    if isinstance(price, CustomPrice):
        if chosen is not None:
            return chosen
        return (price.minimum_amount or 0) if price.preset_amount is None else price.preset_amount
    return tiered_amount(price.tier_type, price.tiers, quantity_of(price, seats=seats, units=units) or 0)


def quantity_of(price: PriceAmount, *, seats: int | None = None, units: int | None = None) -> int | None:
    """How many seats or units are bought at a price; None where it counts none. Not given: the fewest that are sold."""
    if isinstance(price, SeatBasedPrice):
        return price.minimum_seats if seats is None else seats
    if isinstance(price, UnitBasedPrice):
        return price.minimum_units if units is None else units
    return None


def is_free(price: PriceAmount) -> bool:
    """Whether it never costs anything, however much is bought."""
    if isinstance(price, FixedPrice):
        return price.price_amount == 0
    return not isinstance(price, CustomPrice) and all(tier.unit_amount == 0 for tier in price.tiers)


def bounds_of(price: SeatBasedPrice | UnitBasedPrice) -> tuple[int, int | None]:
    """The smallest and the largest quantity that is sold; None: no limit."""
    if isinstance(price, SeatBasedPrice):
        return price.minimum_seats, price.maximum_seats
    return price.minimum_units, price.maximum_units


def check_quantity(price: SeatBasedPrice | UnitBasedPrice, quantity: int, *, at: str) -> None:
    """QuantityNotAllowed unless so many are sold. `at`: where the request says it."""
    smallest, largest = bounds_of(price)
    if quantity < smallest:
        raise QuantityNotAllowed(f"at least {smallest} must be bought", at)
    if largest is not None and quantity > largest:
        raise QuantityNotAllowed(f"at most {largest} can be bought", at)


def check_largest(amount: int, currency: str, *, at: str) -> None:
    """AmountAboveMaximum if no processor takes that much at once. `at`: where the request says it."""
    if amount > LARGEST_PRICE:
        raise AmountAboveMaximum(currency, LARGEST_PRICE, at)


def check_counted(price: SeatBasedPrice | UnitBasedPrice, *, at: str) -> None:
    """PriceTiersInvalid, PriceBoundsInvalid. `at`: where the request says the price."""
    check_tiers(price.tiers, at=f"{at}.tiers")
    smallest, largest = bounds_of(price)
    if largest is not None and largest < smallest:
        noun = "seats" if isinstance(price, SeatBasedPrice) else "units"
        raise PriceBoundsInvalid(f"maximum_{noun} is below minimum_{noun}", f"{at}.maximum_{noun}")
