"""What an offer asks of the buyer."""

from __future__ import annotations

from typing import Any

import pytest

from services.checkout.domain.address import Address, missing_parts
from services.checkout.domain.discount import AppliedDiscount, DiscountDuration
from services.checkout.domain.interval import Interval, IntervalUnit
from services.checkout.domain.offer import first_order, kind_of_attempt
from services.checkout.domain.payment import AttemptKind
from services.checkout.domain.quote import Line, Quote
from services.checkout.tests.builders import MONTHLY, NOW, discount, offer, price, quote, seats, units
from services.pricing.price import CustomPrice
from services.pricing.reduction import Percentage

WEEK = Interval(IntervalUnit.WEEK, 1)
FREE_FOR_EVER = AppliedDiscount(discount().id, Percentage(10_000), DiscountDuration.FOREVER, None)
FREE_ONCE = AppliedDiscount(discount().id, Percentage(10_000), DiscountDuration.ONCE, None)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, AttemptKind.CHARGE),
        ({"quote": quote(0), "prices": (price(0),)}, AttemptKind.NONE),
        ({"quote": quote(49)}, AttemptKind.NONE),
        ({"recurring": MONTHLY}, AttemptKind.CHARGE),
        ({"recurring": MONTHLY, "trial": WEEK}, AttemptKind.SETUP),
        ({"recurring": MONTHLY, "trial": WEEK, "trial_needs_card": False}, AttemptKind.NONE),
        ({"recurring": MONTHLY, "quote": quote(0), "prices": (price(0),)}, AttemptKind.NONE),
        ({"recurring": MONTHLY, "quote": quote(0), "prices": (price(CustomPrice(0)),)}, AttemptKind.NONE),
        # Nothing of it is bought yet, but more may be later.
        ({"recurring": MONTHLY, "quote": quote(0), "prices": (price(units(5)),)}, AttemptKind.SETUP),
        ({"recurring": MONTHLY, "quote": quote(0, 500), "prices": (price(0), price(seats(500)))}, AttemptKind.CHARGE),
    ],
)
def test_what_confirming_asks_of_payments(fields: dict[str, Any], kind: AttemptKind) -> None:
    assert kind_of_attempt(offer(**fields), 0, brings_card=False) is kind


@pytest.mark.parametrize(("discounted", "kind"), [(FREE_FOR_EVER, AttemptKind.NONE), (FREE_ONCE, AttemptKind.SETUP)])
def test_a_first_period_for_nothing_still_saves_a_card_unless_all_are(discounted: AppliedDiscount, kind: AttemptKind) -> None:
    free = Quote("eur", True, (Line("Handbook", 1000, discount_amount=1000),), ())
    assert kind_of_attempt(offer(recurring=MONTHLY, quote=free, discount=discounted), 0, brings_card=False) is kind


@pytest.mark.parametrize(
    ("fields", "balance", "kind"),
    [
        ({}, 999, AttemptKind.NONE),
        ({}, 950, AttemptKind.CHARGE),
        ({"quote": quote(49)}, -1, AttemptKind.CHARGE),
        ({"recurring": MONTHLY}, 1000, AttemptKind.SETUP),
        ({"recurring": MONTHLY, "trial": WEEK}, -1000, AttemptKind.SETUP),
    ],
)
def test_what_the_balance_pays_is_not_asked_of_payments(fields: dict[str, Any], balance: int, kind: AttemptKind) -> None:
    assert kind_of_attempt(offer(**fields), balance, brings_card=False) is kind


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"recurring": MONTHLY, "trial": WEEK, "trial_needs_card": False}, AttemptKind.SETUP),
        ({"recurring": MONTHLY, "quote": quote(0), "prices": (price(0),)}, AttemptKind.NONE),
        ({"quote": quote(49)}, AttemptKind.NONE),
    ],
)
def test_a_card_that_need_not_be_brought_is_kept_where_there_are_renewals_to_pay(fields: dict[str, Any], kind: AttemptKind) -> None:
    assert kind_of_attempt(offer(**fields), 0, brings_card=True) is kind


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
