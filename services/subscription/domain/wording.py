"""Billing lines in words: what, how much of it at which price, and for when."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from services.chassis.money import Money
from services.pricing.price import SeatBasedPrice, UnitBasedPrice
from services.subscription.domain.periods import Period
from services.subscription.domain.price import Price, amount_of

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@lru_cache(maxsize=1024)  # a batch of renewals says the same few days again and again
def period_in_words(period: Period, time_zone: str) -> str:
    """`1 Feb 2026 – 1 Mar 2026`, as the zone's calendars show it."""
    zone = ZoneInfo(time_zone)
    return f"{_day(period.start, zone)} – {_day(period.end, zone)}"


def quantity_in_words(price: Price, quantity: int) -> str:
    """`5 seats at 10.00 USD`; without the rate where tiers have several."""
    count = f"{quantity} {_noun(price, quantity)}"
    total = amount_of(price, quantity, quantity)
    if quantity == 0 or total % quantity:
        return count
    rate = Money(price.currency, total // quantity)
    return f"{count} at {rate}" if _one_rate(price, quantity, total // quantity) else count


def line_in_words(product_name: str, price: Price, quantity: int | None, period: Period, time_zone: str) -> str:
    """`Pro, 5 seats at 10.00 USD, 1 Feb 2026 – 1 Mar 2026`; what is not counted says its price: `Pro at 19.00 USD, …`."""
    if quantity is None:
        sold = f"{product_name} at {Money(price.currency, amount_of(price, None, None))}"
    else:
        sold = f"{product_name}, {quantity_in_words(price, quantity)}"
    return f"{sold}, {period_in_words(period, time_zone)}"


def _day(instant: datetime, zone: ZoneInfo) -> str:
    local = instant.astimezone(zone)
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}"


def _one_rate(price: Price, quantity: int, rate: int) -> bool:
    """Whether each of them costs that: always by volume, by graduated tiers within the first."""
    amount = price.amount
    if isinstance(amount, SeatBasedPrice | UnitBasedPrice) and amount.tier_type == "graduated":
        return all(tier.unit_amount == rate for tier in amount.tiers) or amount.tiers[0].bound is None or quantity <= amount.tiers[0].bound
    return True


def _noun(price: Price, quantity: int) -> str:
    if isinstance(price.amount, UnitBasedPrice):
        label = price.amount.unit_label.get("en")
        if label is not None:
            return label.one if quantity == 1 and label.one else label.other
        return "unit" if quantity == 1 else "units"
    return "seat" if quantity == 1 else "seats"
