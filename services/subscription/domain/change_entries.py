"""The billing entries of a change in the middle of a period."""

from __future__ import annotations

from dataclasses import dataclass

from services.chassis.money import Money
from services.pricing.price import SeatBasedPrice, UnitBasedPrice
from services.subscription.domain.cycle import Situation
from services.subscription.domain.discount import AppliedDiscount
from services.subscription.domain.entry import BillingEntry, EntryState, EntryType
from services.subscription.domain.periods import Period
from services.subscription.domain.price import Price, amount_of, quantity_of
from services.subscription.domain.proration import after_discount, credits, debits, difference, rest_of
from services.subscription.domain.subscription import Subscription, Terms
from services.subscription.domain.wording import line_in_words

_SEATS = (EntryType.SEATS_DECREASE, EntryType.SEATS_INCREASE)
_UNITS = (EntryType.UNITS_DECREASE, EntryType.UNITS_INCREASE)


@dataclass(frozen=True, slots=True)
class _Line:
    """What an entry says beside what its subscription does."""

    type: EntryType
    terms: Terms
    price: Price
    amount: int
    what: str
    discount_amount: int = 0


def credit_entries(before: Subscription, situation: Situation) -> tuple[BillingEntry, ...]:
    """What goes back for the rest of the period: a line for each price, less what the discount of the period took off it."""
    terms, rest = before.terms, rest_of(before.period, situation.now)
    amounts, paid = _amounts(terms, before.period_discount)
    lines = [
        _Line(EntryType.PRORATION, terms, price, credit, "Unused time", amount - kept)
        for price, amount, kept, credit in zip(terms.prices, amounts, paid, credits(paid, rest), strict=True)
    ]
    return _entries(before, lines, situation)


def debit_entries(holds: Subscription, situation: Situation) -> tuple[BillingEntry, ...]:
    """What the rest of the period costs once a change holds: a line for each price, less what the discount of the period takes off it."""
    terms, rest = holds.terms, rest_of(holds.period, situation.now)
    amounts, payable = _amounts(terms, holds.period_discount)
    lines = [
        _Line(EntryType.PRORATION, terms, price, debit, "Remaining time", amount - kept)
        for price, amount, kept, debit in zip(terms.prices, amounts, payable, debits(payable, rest), strict=True)
    ]
    return _entries(holds, lines, situation)


def quantity_entries(before: Subscription, terms: Terms, situation: Situation) -> tuple[BillingEntry, ...]:
    """The difference that another number of seats or units makes for the rest of the period; one line, none if it is nothing."""
    price = next(price for price in terms.prices if isinstance(price.amount, SeatBasedPrice | UnitBasedPrice))
    fewer, more = _SEATS if isinstance(price.amount, SeatBasedPrice) else _UNITS
    was, will_be = (quantity_of(price, each.seats, each.units) or 0 for each in (before.terms, terms))
    _, paid = _amounts(before.terms, before.period_discount)
    _, payable = _amounts(terms, before.period_discount)
    amount = difference(paid, payable, rest_of(before.period, situation.now))
    return _entries(before, [_Line(more if will_be > was else fewer, terms, price, amount, "Change")], situation)


def debit_discount(before: Subscription, terms: Terms) -> AppliedDiscount | None:
    """What reduces the rest of a period at other terms: the discount that they have, as long as it is not used up before."""
    discount = terms.discount
    if discount is None or not (discount.reduces_next or discount.applied == before.period_discount):
        return None
    return discount.applied


def _amounts(terms: Terms, discount: AppliedDiscount | None) -> tuple[list[int], list[int]]:
    """What each price costs in a whole period, before and after a discount."""
    amounts = [amount_of(price, terms.seats, terms.units) for price in terms.prices]
    return amounts, after_discount(amounts, discount.reduction if discount else None, terms.currency)


def _entries(before: Subscription, lines: list[_Line], situation: Situation) -> tuple[BillingEntry, ...]:
    period = Period(situation.now, before.period.end)
    return tuple(_entry(before, line, period, situation) for line in lines if line.amount)


def _entry(before: Subscription, line: _Line, period: Period, situation: Situation) -> BillingEntry:
    terms, price = line.terms, line.price
    quantity = quantity_of(price, terms.seats, terms.units)
    words = line_in_words(terms.product_name, price, quantity, period, terms.recurrence.time_zone)
    minus = f", minus {Money(terms.currency, line.discount_amount)} a period" if line.discount_amount else ""
    return BillingEntry(
        id=situation.new_id(),
        organization_id=before.organization_id,
        subscription_id=before.id,
        type=line.type,
        state=EntryState.PENDING,
        order_id=None,
        product_id=terms.product_id,
        price_id=price.id,
        label=terms.product_name,
        description=f"{line.what}: {words}{minus}",
        amount=line.amount,
        currency=terms.currency,
        quantity=quantity,
        proration=True,
        period=period,
        created_at=situation.now,
    )
