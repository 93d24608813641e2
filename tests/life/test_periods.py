"""What time does to a subscription, and people to its time: trials, pauses, ends, and calendars. Sums are done by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from deploy.local.stack import Stack
from tests.life.shop import UNTAXED, Json, Shop, fixed, on, open_shop


def test_a_trial_ends_when_it_is_told_to(shop: Shop) -> None:
    trial: Json = {"trial_interval": "RECURRING_INTERVAL_DAY", "trial_interval_count": 14}
    shop.stocks("monthly", fixed(1000), **trial)
    shop.stocks("no trial", fixed(1000))
    for name in ("untouched", "now", "later"):
        shop.subscribe(name, "monthly")
    shop.subscribe("late-trial", "no trial")
    shop.passes(on(4, 5))
    shop.changes("now", trial_end={"now": True})
    shop.changes("later", trial_end={"at": on(5, 10).isoformat()})
    shop.changes("late-trial", trial_end={"at": on(4, 20).isoformat()})
    assert (shop.status("now"), shop.status("late-trial")) == ("active", "trialing")
    shop.renews_as_foretold(on(4, 15), "untouched")
    shop.renews_as_foretold(on(4, 20), "late-trial")
    shop.renews_as_foretold(on(5, 5), "now")
    shop.renews_as_foretold(on(5, 10), "later")
    zero = ("2026-04-01", "paid", 0)
    assert shop.bills("untouched") == [zero, ("2026-04-15", "paid", 1000)]
    assert shop.bills("now") == [zero, ("2026-04-05", "paid", 1000), ("2026-05-05", "paid", 1000)]
    assert shop.bills("later") == [zero, ("2026-05-10", "paid", 1000)]
    assert shop.bills("late-trial") == [("2026-04-01", "paid", 1000), ("2026-04-20", "paid", 1000)]


def test_a_trial_without_a_card_waits_for_one_when_it_is_over(shop: Shop) -> None:
    shop.stocks("monthly", fixed(1000), trial_interval="RECURRING_INTERVAL_DAY", trial_interval_count=14)
    shop.subscribe("ada", "monthly", card=None)
    shop.passes(on(4, 15))
    assert (shop.status("ada"), shop.bills("ada")[-1]) == ("past_due", ("2026-04-15", "pending", 1000))
    shop.passes(on(4, 16))
    shop.new_card("ada")
    shop.settles()
    assert (shop.status("ada"), shop.bills("ada")[-1]) == ("active", ("2026-04-15", "paid", 1000))
    shop.renews_as_foretold(on(5, 15), "ada")


def test_a_trial_that_is_canceled_ends_for_nothing(shop: Shop) -> None:
    shop.stocks("monthly", fixed(1000), trial_interval="RECURRING_INTERVAL_DAY", trial_interval_count=14)
    shop.subscribe("ada", "monthly")
    shop.passes(on(4, 5))
    shop.verb("ada", "cancel")
    shop.passes(on(5, 1))
    assert (shop.bills("ada"), shop.subscription("ada")["ended_at"]) == ([("2026-04-01", "paid", 0)], "2026-04-15T00:00:00Z")


def test_a_period_that_ends_earlier_or_later_is_followed_by_whole_ones(shop: Shop) -> None:
    shop.stocks("monthly", fixed(1000))
    for name in ("shorter", "longer"):
        shop.subscribe(name, "monthly")
    shop.passes(on(4, 10))
    shop.changes("shorter", current_period_end=on(4, 20, 12).isoformat())
    shop.changes("longer", current_period_end=on(5, 31).isoformat())
    shop.renews_as_foretold(on(4, 20, 12), "shorter")
    shop.renews_as_foretold(on(5, 20, 12), "shorter")
    shop.renews_as_foretold(on(5, 31), "longer")
    shop.renews_as_foretold(on(6, 30), "longer")
    assert [day for day, _, _ in shop.bills("shorter")][:3] == ["2026-04-01", "2026-04-20", "2026-05-20"]
    assert [day for day, _, _ in shop.bills("longer")] == ["2026-04-01", "2026-05-31", "2026-06-30"]
    assert shop.period("longer") == ("2026-06-30T00:00:00Z", "2026-07-31T00:00:00Z")


def test_a_pause_over_the_end_of_a_month_costs_nothing_and_gives_nothing(shop: Shop) -> None:
    benefit = shop.merchant.post("benefits", description="Support", feature_flag={})["id"]
    shop.merchant.post(f"products/{shop.stocks('monthly', fixed(1000))}/benefits", benefit_ids=[benefit])
    for name in ("by-itself", "by-hand", "unscheduled"):
        shop.subscribe(name, "monthly")
    shop.passes(on(4, 10))
    shop.verb("by-itself", "pause", resumes_at=on(5, 20).isoformat())
    shop.verb("by-hand", "pause")
    shop.verb("unscheduled", "pause")
    shop.verb("unscheduled", "unschedule_pause")
    assert shop.entitled("by-itself", benefit)
    shop.passes(on(5, 2))
    assert [shop.status(name) for name in ("by-itself", "by-hand", "unscheduled")] == ["paused", "paused", "active"]
    assert [shop.entitled(name, benefit) for name in ("by-itself", "by-hand", "unscheduled")] == [False, False, True]
    shop.verb("by-hand", "resume")
    shop.passes(on(5, 20))
    assert [shop.entitled(name, benefit) for name in ("by-itself", "by-hand", "unscheduled")] == [True, True, True]
    shop.renews_as_foretold(on(6, 2), "by-hand")
    shop.renews_as_foretold(on(6, 20), "by-itself")
    assert [day for day, _, _ in shop.bills("by-hand")] == ["2026-04-01", "2026-05-02", "2026-06-02"]
    assert [day for day, _, _ in shop.bills("by-itself")] == ["2026-04-01", "2026-05-20", "2026-06-20"]


def test_a_pause_that_is_over_before_it_begins_is_none(shop: Shop) -> None:
    shop.stocks("monthly", fixed(1000))
    shop.subscribe("ada", "monthly")
    shop.passes(on(4, 10))
    shop.verb("ada", "pause", resumes_at=on(5, 5).isoformat())
    shop.changes("ada", current_period_end=on(5, 25).isoformat())
    shop.renews_as_foretold(on(5, 25), "ada")
    assert (shop.status("ada"), shop.subscription("ada")["pause_at_period_end"]) == ("active", False)
    assert shop.period("ada") == ("2026-05-25T00:00:00Z", "2026-06-25T00:00:00Z")


def test_a_cancellation_bills_what_waits_and_its_preview_says_so(shop: Shop) -> None:
    shop.stocks("small", fixed(1000))
    shop.stocks("large", fixed(2000))
    for name in ("canceled", "kept", "revoked"):
        shop.subscribe(name, "small")
    shop.passes(on(4, 16))
    for name in ("canceled", "kept", "revoked"):
        shop.changes(name, "PRORATE", product=shop.product("large"))
    told = shop.merchant.get(f"subscriptions/{shop.subscriptions['canceled']}:preview_cancel")
    assert (told["order"]["due_amount"], told["billed_at"]) == ("500", "2026-05-01T00:00:00Z")
    for name in ("canceled", "kept"):
        shop.verb(name, "cancel", customer_cancellation_reason="CUSTOMER_CANCELLATION_REASON_UNUSED")
    shop.verb("kept", "uncancel")
    shop.verb("revoked", "revoke")
    shop.passes(on(6, 1))
    first, may = ("2026-04-01", "paid", 1000), ("2026-05-01", "paid", 2500)
    assert shop.bills("canceled") == [first, ("2026-05-01", "paid", 500)]
    assert shop.bills("kept") == [first, may, ("2026-06-01", "paid", 2000)]
    assert shop.bills("revoked") == [first]
    assert [shop.status(name) for name in ("canceled", "kept", "revoked")] == ["canceled", "active", "canceled"]


@pytest.mark.parametrize(
    ("start", "renewals"),
    [
        (datetime(2026, 3, 22, 8, 30, tzinfo=UTC), ["2026-03-29T07:30:00Z", "2026-04-05T07:30:00Z"]),
        (datetime(2026, 10, 18, 7, 30, tzinfo=UTC), ["2026-10-25T08:30:00Z", "2026-11-01T08:30:00Z"]),
    ],
)
def test_weeks_keep_their_hour_when_the_clocks_change(start: datetime, renewals: list[str], stack: Stack) -> None:
    shop = open_shop(stack, start, **UNTAXED, time_zone="Europe/Berlin")
    shop.stocks("weekly", fixed(700), interval="week")
    shop.subscribe("ada", "weekly")
    shop.settles()
    for renewal in renewals:
        shop.renews_as_foretold(datetime.fromisoformat(renewal), "ada")
    assert [order["created_at"] for order in shop.orders("ada")[1:]] == renewals


def test_a_year_from_29_february(stack: Stack) -> None:
    shop = open_shop(stack, on(2, 29, 12, year=2024), **UNTAXED)
    shop.stocks("yearly", fixed(9900), interval="year")
    shop.subscribe("ada", "yearly")
    shop.passes(on(3, 1, year=2028))
    days = ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]
    assert shop.bills("ada") == [(day, "paid", 9900) for day in days]


def test_a_discount_lasts_as_long_as_it_says(stack: Stack) -> None:
    shop = open_shop(stack, on(1, 31), **UNTAXED)
    shop.stocks("monthly", fixed(1000))
    quarter, three_euros = {"percentage": {"basis_points": 2500}}, {"fixed": {"amounts": {"eur": "300"}}}
    given: dict[str, tuple[str | int, Json]] = {
        "once": ("once", quarter),
        "three": (3, quarter),
        "forever": ("forever", quarter),
        "fixed once": ("once", three_euros),
        "fixed three": (3, three_euros),
        "fixed forever": ("forever", three_euros),
    }
    for name, (lasts, reduction) in given.items():
        shop.subscribe(name.replace(" ", "-"), "monthly", discount_id=shop.discount(lasts, **reduction))
    shop.subscribe("later", "monthly")
    shop.subscribe("taken", "monthly", discount_id=shop.discount("forever", **quarter))
    shop.passes(on(2, 10))
    shop.changes("later", discount={"discount_id": shop.discount(2, **quarter)})
    shop.changes("taken", discount={})
    names = (*(name.replace(" ", "-") for name in given), "later", "taken")
    for month, day in ((2, 28), (3, 31), (4, 30)):
        shop.renews_as_foretold(on(month, day), *names)
    assert {name: [due for _, _, due in shop.bills(name)] for name in names} == {
        "once": [750, 1000, 1000, 1000],
        "three": [750, 750, 750, 1000],
        "forever": [750, 750, 750, 750],
        "fixed-once": [700, 1000, 1000, 1000],
        "fixed-three": [700, 700, 700, 1000],
        "fixed-forever": [700, 700, 700, 700],
        "later": [1000, 750, 750, 1000],
        "taken": [750, 1000, 1000, 1000],
    }


def test_after_all_this_every_invariant_holds(audited: list[str]) -> None:
    assert audited == []
