"""Every change of a running subscription, and what its next orders cost by it. Sums are done by hand."""

from __future__ import annotations

import pytest

from deploy.local.stack import Stack
from tests.life.shop import UNTAXED, Json, Shop, fixed, on, open_shop, seats, units

BEHAVIORS = ("PRORATE", "INVOICE", "NEXT_PERIOD", "RESET")


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
