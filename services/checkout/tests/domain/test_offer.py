"""What an offer asks of the buyer."""

from __future__ import annotations

from typing import Any

import pytest

from services.checkout.domain.address import Address, missing_parts
from services.checkout.domain.discount import AppliedDiscount, DiscountDuration, Percentage
from services.checkout.domain.interval import Interval, IntervalUnit
from services.checkout.domain.offer import first_order, owed_on_balance
from services.checkout.domain.payment import AttemptKind
from services.checkout.domain.quote import Line, Quote
from services.checkout.tests.builders import MONTHLY, NOW, discount, offer, price, quote

WEEK = Interval(IntervalUnit.WEEK, 1)
FREE_FOR_EVER = AppliedDiscount(discount().id, Percentage(10_000), DiscountDuration.FOREVER, None)
FREE_ONCE = AppliedDiscount(discount().id, Percentage(10_000), DiscountDuration.ONCE, None)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, AttemptKind.CHARGE),
        ({"quote": quote(0), "price": price(0)}, AttemptKind.NONE),
        ({"quote": quote(49)}, AttemptKind.NONE),
        ({"recurring": MONTHLY}, AttemptKind.CHARGE),
        ({"recurring": MONTHLY, "trial": WEEK}, AttemptKind.SETUP),
        ({"recurring": MONTHLY, "trial": WEEK, "trial_needs_card": False}, AttemptKind.NONE),
        ({"recurring": MONTHLY, "quote": quote(0), "price": price(0)}, AttemptKind.NONE),
        ({"recurring": MONTHLY, "quote": quote(0)}, AttemptKind.NONE),
    ],
)
def test_what_confirming_asks_of_payments(fields: dict[str, Any], kind: AttemptKind) -> None:
    assert offer(**fields).attempt_kind is kind


@pytest.mark.parametrize(("discounted", "kind"), [(FREE_FOR_EVER, AttemptKind.NONE), (FREE_ONCE, AttemptKind.SETUP)])
def test_a_first_period_for_nothing_still_saves_a_card_unless_all_are(discounted: AppliedDiscount, kind: AttemptKind) -> None:
    free = Quote("eur", True, (Line("Handbook", 1000, discount_amount=1000),), ())
    assert offer(recurring=MONTHLY, quote=free, discount=discounted).attempt_kind is kind


def test_less_than_the_smallest_charge_is_owed() -> None:
    assert owed_on_balance(offer(quote=quote(49))) == -49
    assert owed_on_balance(offer(quote=quote(50))) == 0
    assert owed_on_balance(offer(recurring=MONTHLY, trial=WEEK)) == 0


def test_a_trial_orders_nothing_for_its_time() -> None:
    ordered = first_order(offer(recurring=MONTHLY, trial=WEEK), NOW)
    (line,) = ordered.lines
    assert ordered.total_amount == 0
    assert line.period is not None
    assert (line.period.end - line.period.start).days == 7


def test_a_recurring_sale_bills_its_first_period() -> None:
    (line,) = first_order(offer(recurring=MONTHLY), NOW).lines
    assert line.period is not None
    assert line.period.end.isoformat() == "2026-04-30T12:00:00+00:00"


@pytest.mark.parametrize(
    ("address", "full", "missing"),
    [
        (None, False, ("country",)),
        (Address("DE"), False, ()),
        (Address("DE"), True, ("line1", "city", "postal_code")),
        (Address("CA"), False, ("state",)),
        (Address("CA", "QC"), False, ()),
        (Address("US", "NY"), False, ("line1", "city", "postal_code")),
        (Address("US", "NY", "New York", "10001", "1 Broadway"), True, ()),
    ],
)
def test_what_a_billing_address_lacks(address: Address | None, full: bool, missing: tuple[str, ...]) -> None:
    assert missing_parts(address, full=full) == missing
