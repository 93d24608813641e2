"""Everything that can be done to a running subscription, and what its next orders cost by it. Sums are done by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from deploy.local.stack import Stack
from tests.life.shop import UNTAXED, Json, Shop, fixed, open_shop, seats, units

BEHAVIORS = ("PRORATE", "INVOICE", "NEXT_PERIOD", "RESET")


def on(month: int, day: int, hour: int = 0, *, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


@pytest.fixture
def shop(stack: Stack) -> Shop:
    """Opened on 1 April 2026; the 16th is the middle of the month."""
    return open_shop(stack, on(4, 1), **UNTAXED, allow_trial_without_payment_method=True)


def test_an_upgrade_is_billed_as_was_said(shop: Shop) -> None:
    shop.stocks("small", fixed(1000))
    shop.stocks("large", fixed(2000))
    for behavior in BEHAVIORS:
        shop.subscribe(behavior, "small")
    shop.passes(on(4, 16))
    for behavior in BEHAVIORS:
        shop.changes(behavior, behavior, product=shop.product("large"))
    shop.renews_as_foretold(on(5, 1), "PRORATE", "INVOICE", "NEXT_PERIOD")
    assert shop.lines("PRORATE") == [-500, 1000, 2000]
    shop.renews_as_foretold(on(5, 16), "RESET")
    first = ("2026-04-01", "paid", 1000)
    assert {behavior: shop.bills(behavior) for behavior in BEHAVIORS} == {
        "PRORATE": [first, ("2026-05-01", "paid", 2500)],
        "INVOICE": [first, ("2026-04-16", "paid", 500), ("2026-05-01", "paid", 2000)],
        "NEXT_PERIOD": [first, ("2026-05-01", "paid", 2000)],
        "RESET": [first, ("2026-04-16", "paid", 1500), ("2026-05-16", "paid", 2000)],
    }


def test_a_downgrade_leaves_a_credit_that_pays_later_orders(shop: Shop) -> None:
    shop.stocks("small", fixed(400))
    shop.stocks("large", fixed(2000))
    for name in ("invoiced", "prorated"):
        shop.subscribe(name, "large")
    shop.passes(on(4, 16))
    shop.changes("invoiced", "INVOICE", product=shop.product("small"))
    shop.changes("prorated", "PRORATE", product=shop.product("small"))
    assert (shop.balance("invoiced"), shop.balance("prorated")) == (800, 0)
    shop.renews_as_foretold(on(5, 1), "invoiced", "prorated")
    assert (shop.balance("invoiced"), shop.balance("prorated")) == (400, 400)
    shop.renews_as_foretold(on(6, 1), "invoiced", "prorated")
    shop.renews_as_foretold(on(7, 1), "invoiced", "prorated")
    assert [due for _, _, due in shop.bills("invoiced")] == [2000, 0, 0, 0, 400]
    assert [due for _, _, due in shop.bills("prorated")] == [2000, 0, 0, 400]


@pytest.mark.parametrize("counted", ["seats", "units"])
def test_a_count_is_billed_as_was_said(counted: str, shop: Shop) -> None:
    shop.stocks("plan", {"seats": seats, "units": units}[counted]((None, 1000)))
    two: Json = {counted: 2}
    for behavior in (*BEHAVIORS, "fewer"):
        shop.subscribe(behavior, "plan", **two)
    shop.passes(on(4, 16))
    for behavior in BEHAVIORS:
        changed = shop.changes(behavior, behavior, **{counted: 3})
        assert changed[counted] == (2 if behavior == "NEXT_PERIOD" else 3)
    shop.changes("fewer", "PRORATE", **{counted: 1})
    shop.renews_as_foretold(on(5, 1), "PRORATE", "INVOICE", "NEXT_PERIOD", "fewer")
    assert shop.lines("PRORATE") == [500, 3000]
    first = ("2026-04-01", "paid", 2000)
    assert {name: shop.bills(name) for name in (*BEHAVIORS, "fewer")} == {
        "PRORATE": [first, ("2026-05-01", "paid", 3500)],
        "INVOICE": [first, ("2026-04-16", "paid", 500), ("2026-05-01", "paid", 3000)],
        "NEXT_PERIOD": [first, ("2026-05-01", "paid", 3000)],
        "RESET": [first, ("2026-04-16", "paid", 2000)],
        "fewer": [first, ("2026-05-01", "paid", 500)],
    }


def test_tiers_count_at_every_order(shop: Shop) -> None:
    shop.stocks("graduated", fixed(2000), seats((5, 1000), (None, 800), graduated=True))
    shop.stocks("volume", units((5, 100), (None, 80)))
    shop.subscribe("graduated", "graduated", seats=5)
    shop.subscribe("volume", "volume", units=5)
    shop.passes(on(4, 16))
    shop.changes("graduated", "PRORATE", seats=7)
    shop.changes("volume", "PRORATE", units=6)
    shop.renews_as_foretold(on(5, 1), "graduated", "volume")
    assert shop.lines("graduated") == [800, 2000, 6600]
    assert shop.lines("volume") == [-10, 480]


def test_a_month_becomes_a_year_now(shop: Shop) -> None:
    shop.stocks("monthly", fixed(1000))
    shop.stocks("yearly", fixed(12_000), interval="year")
    shop.subscribe("ada", "monthly")
    shop.passes(on(4, 16))
    shop.changes("ada", product=shop.product("yearly"))
    assert shop.lines("ada") == [-500, 12_000]
    assert shop.period("ada") == ("2026-04-16T00:00:00Z", "2027-04-16T00:00:00Z")
    shop.renews_as_foretold(on(4, 16, year=2027), "ada")
    assert shop.bills("ada")[1:] == [("2026-04-16", "paid", 11_500), ("2027-04-16", "paid", 12_000)]


def test_a_change_that_waits_can_be_taken_back_and_replaced(shop: Shop) -> None:
    shop.stocks("small", fixed(1000))
    shop.stocks("large", fixed(2000))
    shop.stocks("huge", fixed(3000))
    for name in ("cleared", "replaced"):
        shop.subscribe(name, "small")
    shop.settles()
    for name in ("cleared", "replaced"):
        shop.changes(name, "NEXT_PERIOD", product=shop.product("large"))
    shop.verb("cleared", "clear_pending_update")
    shop.changes("replaced", "NEXT_PERIOD", product=shop.product("huge"))
    shop.renews_as_foretold(on(5, 1), "cleared", "replaced")
    assert (shop.lines("cleared"), shop.lines("replaced")) == ([1000], [3000])


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


def test_a_proration_credits_with_the_old_discount_and_debits_with_the_new(shop: Shop) -> None:
    shop.stocks("small", fixed(1000))
    shop.stocks("large", fixed(2000))
    shop.subscribe("ada", "small", discount_id=shop.discount("once", percentage={"basis_points": 5000}))
    shop.passes(on(4, 16))
    shop.changes("ada", discount={"discount_id": shop.discount("forever", percentage={"basis_points": 1000})})
    shop.changes("ada", "PRORATE", product=shop.product("large"))
    shop.renews_as_foretold(on(5, 1), "ada")
    assert shop.lines("ada") == [-250, 900, 2000]
    assert shop.bills("ada")[-1] == ("2026-05-01", "paid", -250 + 900 + 1800)


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


def test_a_trial_that_is_canceled_ends_for_nothing(shop: Shop) -> None:
    shop.stocks("monthly", fixed(1000), trial_interval="RECURRING_INTERVAL_DAY", trial_interval_count=14)
    shop.subscribe("ada", "monthly")
    shop.passes(on(4, 5))
    shop.verb("ada", "cancel")
    shop.passes(on(5, 1))
    assert (shop.bills("ada"), shop.subscription("ada")["ended_at"]) == ([("2026-04-01", "paid", 0)], "2026-04-15T00:00:00Z")


def test_a_change_during_a_trial_costs_nothing_until_it_is_over(shop: Shop) -> None:
    trial: Json = {"trial_interval": "RECURRING_INTERVAL_DAY"}
    shop.stocks("small", fixed(1000), **trial, trial_interval_count=14)
    shop.stocks("longer", fixed(2000), **trial, trial_interval_count=30)
    shop.stocks("none", fixed(3000))
    for name in ("longer", "none"):
        shop.subscribe(name, "small")
    shop.passes(on(4, 5))
    shop.changes("longer", product=shop.product("longer"))
    shop.changes("none", product=shop.product("none"))
    shop.renews_as_foretold(on(5, 1), "longer")
    zero = ("2026-04-01", "paid", 0)
    assert shop.bills("longer") == [zero, ("2026-05-01", "paid", 2000)]
    assert shop.bills("none") == [zero, ("2026-04-05", "paid", 3000)]


def test_a_change_at_the_very_instant_of_a_renewal_counts_the_whole_period(shop: Shop) -> None:
    shop.stocks("small", fixed(1000))
    shop.stocks("large", fixed(2000))
    for behavior in BEHAVIORS:
        shop.subscribe(behavior, "small")
    shop.passes(on(5, 1))
    for behavior in BEHAVIORS:
        shop.changes(behavior, behavior, product=shop.product("large"))
    shop.renews_as_foretold(on(6, 1), *BEHAVIORS)
    first, may = ("2026-04-01", "paid", 1000), ("2026-05-01", "paid", 1000)
    assert {behavior: shop.bills(behavior)[2:] for behavior in BEHAVIORS} == {
        "PRORATE": [("2026-06-01", "paid", 3000)],
        "INVOICE": [may, ("2026-06-01", "paid", 2000)],
        "NEXT_PERIOD": [("2026-06-01", "paid", 2000)],
        "RESET": [may, ("2026-06-01", "paid", 2000)],
    }
    assert shop.bills("RESET")[:2] == [first, may]


def test_a_product_that_loses_its_price_takes_the_change_with_it(stack: Stack) -> None:
    shop = open_shop(stack, on(4, 1), **UNTAXED)
    euros = [{"price_currency": currency, **fixed(1000)} for currency in ("eur", "usd")]
    for name in ("small", "large"):
        made = shop.merchant.post("products", name=name.title(), prices=euros, recurring_interval="RECURRING_INTERVAL_MONTH")
        shop.products[name] = made["id"]
    shop.subscribe("ada", "small", currency="usd")
    shop.settles()
    shop.changes("ada", "NEXT_PERIOD", product=shop.product("large"))
    kept = next(price["id"] for price in made["prices"] if price["price_currency"] == "eur")
    shop.merchant.patch(f"products/{made['id']}", prices=[{"id": kept}])
    shop.passes(on(5, 1))
    told = shop.subscription("ada")
    assert (told["product_id"], "pending_update" in told, shop.bills("ada")[-1][1:]) == (shop.products["small"], False, ("paid", 1000))


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


def test_a_free_subscription_is_upgraded_by_a_checkout_and_stays_the_same(shop: Shop) -> None:
    free, paid = shop.stocks("free", fixed(0)), shop.stocks("paid", fixed(1500))
    shop.customers["ada"] = shop.merchant.post("customers", email="ada@example.com")["id"]
    made = shop.merchant.post("subscriptions", product_id=free, customer_id=shop.customers["ada"])
    assert made["status"] == "SUBSCRIPTION_STATUS_ACTIVE"
    shop.passes(on(4, 10))
    shop.subscribe("ada", "paid", upgraded_subscription_id=made["id"])
    shop.settles()
    assert (shop.subscriptions["ada"], shop.subscription("ada")["product_id"]) == (made["id"], paid)
    shop.renews_as_foretold(on(5, 10), "ada")
    assert shop.bills("ada") == [("2026-04-10", "paid", 1500), ("2026-05-10", "paid", 1500)]


def test_tax_is_part_of_every_order(stack: Stack) -> None:
    shop = open_shop(stack, on(4, 1))
    shop.stocks("small", fixed(1000))
    shop.stocks("large", fixed(2000))
    shop.subscribe("ada", "small")
    shop.passes(on(4, 16))
    shop.changes("ada", "INVOICE", product=shop.product("large"))
    shop.renews_as_foretold(on(5, 1), "ada")
    assert [due for _, _, due in shop.bills("ada")] == [1200, 600, 2400]


def test_after_all_this_every_invariant_holds(audited: list[str]) -> None:
    assert audited == []
