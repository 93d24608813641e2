"""What a change leads to: other terms, or the reason why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from services.chassis.errors import NotPossibleNow
from services.pricing.price import PriceAmount, SeatBasedPrice, UnitBasedPrice, bounds_of, check_largest, check_quantity
from services.subscription.domain.catalog import CatalogProduct
from services.subscription.domain.change_errors import (
    CurrencyNotOffered,
    CustomPriceNotAllowed,
    NotUnitBased,
    ProductArchived,
    ProductNotRecurring,
    SeatsBelowAssigned,
    SeatsNeeded,
    UnitsNeeded,
)
from services.subscription.domain.change_shapes import ProductChange, SeatsChange, SoldChange, UnitsChange
from services.subscription.domain.pending import updated_terms
from services.subscription.domain.periods import Interval, Recurrence
from services.subscription.domain.price import Price
from services.subscription.domain.seat_errors import NotSeatBased
from services.subscription.domain.status import Status
from services.subscription.domain.subscription import PendingUpdate, ProductTarget, Subscription, Terms

_Counted = TypeVar("_Counted", SeatBasedPrice, UnitBasedPrice)


def update_of(before: Subscription, change: SoldChange, assigned_seats: int, now: datetime) -> PendingUpdate:
    """The change as one that could wait for the next period, where quantities that stay as they are remain open.

    ProductArchived, ProductNotRecurring, CurrencyNotOffered, CustomPriceNotAllowed, SeatsNeeded, UnitsNeeded, NotSeatBased,
    NotUnitBased, QUANTITY_NOT_ALLOWED, SeatsBelowAssigned.
    """
    update = PendingUpdate(created_at=now, applies_at=before.period.end)
    match change:
        case ProductChange():
            update = _product_update(update, before, change)
        case SeatsChange(seats):
            update = replace(update, seats=_count(SeatBasedPrice, NotSeatBased, before.terms, seats, "change.seats"))
        case UnitsChange(units):
            update = replace(update, units=_count(UnitBasedPrice, NotUnitBased, before.terms, units, "change.units"))
    left = updated_terms(before.terms, update).seats
    if left is not None and left < assigned_seats:
        raise SeatsBelowAssigned(assigned_seats)
    return update


def scheduled_update(before: Subscription, change: SoldChange, assigned_seats: int, now: datetime) -> PendingUpdate:
    """The change as it waits for the next period. A count is one of the product that the period begins with."""
    known = before.pending_update
    if isinstance(change, ProductChange) or known is None or known.product is None:
        return update_of(before, change, assigned_seats, now)
    there = replace(before, terms=updated_terms(before.terms, known))
    count = update_of(there, change, assigned_seats, now)
    return replace(known, seats=count.seats, units=count.units)


def still_pending(before: Subscription, update: PendingUpdate) -> PendingUpdate | None:
    """What goes on waiting after an immediate change: a scheduled product, at the count that there is now. The last word counts."""
    known = before.pending_update
    if known is None or known.product is None or update.product is not None:
        return None
    prices, seats, units = known.product.prices, known.seats, known.units
    if update.seats is not None:
        seats = _quantity(counted_price(prices, SeatBasedPrice), update.seats, None)
    if update.units is not None:
        units = _quantity(counted_price(prices, UnitBasedPrice), update.units, None)
    return replace(known, seats=seats, units=units)


def counted_price(prices: Sequence[Price], kind: type[_Counted]) -> _Counted | None:
    """The price that counts seats, or units; there is at most one."""
    return next((price.amount for price in prices if isinstance(price.amount, kind)), None)


def check_billable(terms: Terms, change: SoldChange) -> None:
    """AmountAboveMaximum if a full period at the terms that a change leads to costs more than any processor takes at once."""
    match change:
        case ProductChange():
            field = "change.product"
        case SeatsChange():
            field = "change.seats"
        case UnitsChange():
            field = "change.units"
    check_largest(terms.amount, terms.currency, at=field)


def offered(product: CatalogProduct, currency: str, time_zone: str) -> tuple[Recurrence, tuple[Price, ...]]:
    """How a product recurs and its prices in a currency, if it can be subscribed to without a buyer who chooses."""
    if product.is_archived:
        raise ProductArchived
    if product.interval is None:
        raise ProductNotRecurring
    prices = product.prices_in(currency)
    if not prices:
        raise CurrencyNotOffered(currency)
    if any(price.is_custom for price in prices):
        raise CustomPriceNotAllowed
    return Recurrence(Interval(product.interval), product.interval_count, time_zone), prices


def _count(kind: type[_Counted], missing: type[NotPossibleNow], terms: Terms, count: int, at: str) -> int:
    price = counted_price(terms.prices, kind)
    if price is None:
        raise missing
    check_quantity(price, count, at=at)
    return count


def _product_update(update: PendingUpdate, before: Subscription, change: ProductChange) -> PendingUpdate:
    product, terms = change.product, before.terms
    recurrence, prices = offered(product, terms.currency, terms.recurrence.time_zone)
    seat_price, unit_price = counted_price(prices, SeatBasedPrice), counted_price(prices, UnitBasedPrice)
    if seat_price is None and (terms.seats is not None or change.seats is not None):
        raise NotSeatBased
    if unit_price is None and (terms.units is not None or change.units is not None):
        raise NotUnitBased
    if seat_price is not None and terms.seats is None and change.seats is None:
        raise SeatsNeeded
    if unit_price is not None and terms.units is None and change.units is None:
        raise UnitsNeeded
    return replace(
        update,
        product=ProductTarget(product.id, product.name, recurrence, prices, _tax_behavior(before, prices)),
        seats=_quantity(seat_price, terms.seats, change.seats, "change.product.seats"),
        units=_quantity(unit_price, terms.units, change.units, "change.product.units"),
    )


def _tax_behavior(before: Subscription, prices: Sequence[Price]) -> str:
    """As it was sold, once something was charged: credits of what was paid and all that follows are taxed alike. Until then, as the new
    price says, if it does."""
    in_first_trial = before.status is Status.TRIALING and before.trial is not None and before.trial.start == before.started_at
    if before.terms.amount > 0 and not in_first_trial:
        return before.terms.tax_behavior
    return next((price.tax_behavior for price in prices if price.tax_behavior), before.terms.tax_behavior)


def _quantity(price: PriceAmount | None, current: int | None, asked: int | None, at: str = "") -> int | None:
    """What was asked for; what there is now, brought within the bounds; None if that is what there is now anyway."""
    if not isinstance(price, SeatBasedPrice | UnitBasedPrice):
        return None
    if asked is not None:
        check_quantity(price, asked, at=at)
        return asked
    assert current is not None
    smallest, largest = bounds_of(price)
    within = max(smallest, current if largest is None else min(current, largest))
    return None if within == current else within
