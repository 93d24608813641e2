"""Lines of orders in words: what, how many at which rate, for which period, minus which discount."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from services.chassis.money import Money
from services.checkout.domain.price import Price
from services.checkout.domain.quote import Line
from services.pricing.price import SeatBasedPrice, UnitBasedPrice, UnitLabel
from services.pricing.tiers import TierType

_LANGUAGE = "en"
"""Of the words around a unit's own noun."""


def described(line: Line, price: Price, currency: str, *, time_zone: str, locale: str | None) -> Line:
    """The line with its description, e.g. `Handbook, 5 seats at 10.00 EUR, 31 Mar 2026 – 30 Apr 2026, minus 2.00 EUR`.

    What is not counted says its price: `Handbook at 10.00 EUR`. The subscription service says the lines of renewals, in the same words.
    """
    if line.quantity is not None and isinstance(price.amount, SeatBasedPrice | UnitBasedPrice):
        parts = [line.label, _quantity(price.amount, line.quantity, currency, locale)]
    else:
        parts = [f"{line.label} at {Money(currency, line.amount)}" if line.amount else line.label]
    if line.period is not None:
        parts.append(f"{_day(line.period.start, time_zone)} – {_day(line.period.end, time_zone)}")
    return with_discount(replace(line, description=", ".join(parts)), currency)


def with_discount(line: Line, currency: str) -> Line:
    """The line whose description also says what the discount takes off it."""
    if not line.discount_amount:
        return line
    return replace(line, description=f"{line.description}, minus {Money(currency, line.discount_amount)}")


def _quantity(amount: SeatBasedPrice | UnitBasedPrice, quantity: int, currency: str, locale: str | None) -> str:
    if isinstance(amount, SeatBasedPrice):
        counted = f"{quantity} {'seat' if quantity == 1 else 'seats'}"
    else:
        counted = f"{quantity} {_noun(amount.unit_label, quantity, locale)}"
    rate = _rate(amount, quantity)
    return counted if rate is None else f"{counted} at {Money(currency, rate)}"


def _rate(amount: SeatBasedPrice | UnitBasedPrice, quantity: int) -> int | None:
    """The one rate that all of the quantity costs; None if its parts differ."""
    if amount.tier_type is TierType.VOLUME:
        return next(tier.unit_amount for tier in amount.tiers if tier.bound is None or quantity <= tier.bound)
    first = amount.tiers[0]
    return first.unit_amount if first.bound is None or quantity <= first.bound else None


def _noun(labels: Mapping[str, UnitLabel], quantity: int, locale: str | None) -> str:
    """The unit's noun in the buyer's language, in English, or in whatever it is named."""
    wanted = (locale or "", (locale or "").partition("-")[0], _LANGUAGE, *sorted(labels))
    label = next((labels[each] for each in wanted if each in labels), UnitLabel(other="units", one="unit"))
    return label.one if quantity == 1 and label.one else label.other


def _day(instant: datetime, time_zone: str) -> str:
    local = instant.astimezone(ZoneInfo(time_zone or "UTC"))
    return f"{local.day} {local:%b %Y}"
