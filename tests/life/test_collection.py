"""How an order gets its money, or does not: the schedule of retries, new cards, debts, credits, and what the books and files say of it."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from deploy.local.stack import Stack
from tests.e2e.calls import read_response
from tests.life.shop import UNTAXED, Json, Shop, bill, fixed, on, open_shop, units

NEW_CARD = "pm_card_mastercard"
APRIL, MAY = ("2026-04-01", "paid", 1000), "2026-05-01"


def selling(stack: Stack, *names: str, **settings: Any) -> Shop:
    """A shop since 1 April with subscribers at 10.00 a month."""
    shop = open_shop(stack, on(4, 1), **UNTAXED, **settings)
    shop.stocks("monthly", fixed(1000))
    for name in names:
        shop.subscribe(name, "monthly")
    shop.settles()
    return shop


def retry(shop: Shop, name: str, **body: Any) -> Json:
    order = shop.merchant.post(f"orders/{shop.orders(name)[-1]['id']}:retry_payment", **body)
    shop.settles()
    return order


def booked(shop: Shop, source_id: str) -> dict[str, int]:
    """By line of the chart, what the books say of an order or an adjustment."""
    found = shop.merchant.get("ledger/transactions", source_id=source_id)["transactions"]
    entries = [entry for transaction in found for entry in transaction["entries"]]
    return {entry["account_code"].split(":")[0]: int(entry["amount"]) for entry in entries}


def test_nobody_pays_and_it_ends(stack: Stack) -> None:
    shop = selling(stack, "declined", "never", "patient")
    shop.passes(on(4, 30))
    shop.decline("declined")
    shop.simulator.do("cards/decline", customer=shop.customers["never"], code="lost_card")
    shop.decline("patient", 4)
    shop.passes(on(5, 1))
    shop.passes(on(5, 21))
    attempts = {name: shop.orders(name)[-1]["payment_attempts"] for name in shop.customers}
    assert attempts == {"declined": 4, "never": 1, "patient": 4}
    assert {shop.status(name) for name in shop.customers} == {"past_due"}
    shop.passes(on(7, 1))
    assert [shop.bills(name)[1:] for name in ("declined", "never")] == [[(MAY, "void", 1000)]] * 2
    assert [shop.subscription(name)["ended_at"] for name in ("declined", "never")] == ["2026-05-22T00:00:00Z"] * 2
    assert shop.orders("declined")[-1]["payment_attempts"] == 5
    assert shop.bills("patient") == [APRIL, (MAY, "paid", 1000), ("2026-06-01", "paid", 1000), ("2026-07-01", "paid", 1000)]
    assert shop.status("patient") == "active"


def test_a_merchant_who_keeps_the_unpaid_is_paid_in_the_end(stack: Stack) -> None:
    shop = selling(stack, "ada", "ben", dunning_days=[2, 4], unpaid_behavior="UNPAID_BEHAVIOR_KEEP")
    for name in ("ada", "ben"):
        shop.decline(name)
    shop.passes(on(6, 10))
    assert [(shop.status(name), shop.bills(name)[1:]) for name in ("ada", "ben")] == [("unpaid", [(MAY, "pending", 1000)])] * 2
    for name in ("ada", "ben"):
        shop.simulator.do("cards/decline", customer=shop.customers[name], code=None)
    assert retry(shop, "ada")["status"] == "ORDER_STATUS_PAID"
    shop.new_card("ben")
    shop.settles()
    for name in ("ada", "ben"):
        assert (shop.status(name), shop.period(name)) == ("active", ("2026-06-10T00:00:00Z", "2026-07-10T00:00:00Z"))
    shop.renews_as_foretold(on(7, 10), "ada", "ben")
    for name in ("ada", "ben"):
        assert shop.bills(name) == [APRIL, (MAY, "paid", 1000), ("2026-06-10", "paid", 1000), ("2026-07-10", "paid", 1000)]


def test_a_new_card_and_a_retry_by_hand_pay_at_once(stack: Stack) -> None:
    shop = selling(stack, "card", "hand", "brought")
    for name, times in (("card", 1), ("hand", 2), ("brought", 1)):
        shop.decline(name, times)
    shop.passes(on(5, 1))
    assert {shop.status(name) for name in shop.customers} == {"past_due"}
    shop.new_card("card")
    again = retry(shop, "hand")
    assert (again["status"], again["payment_failure"]["decline_code"]) == ("ORDER_STATUS_PENDING", "insufficient_funds")
    assert shop.orders("hand")[-1]["next_payment_attempt_at"] == "2026-05-03T00:00:00Z"
    assert retry(shop, "hand")["status"] == "ORDER_STATUS_PAID"
    assert retry(shop, "brought", confirmation_token_id=NEW_CARD)["status"] == "ORDER_STATUS_PAID"
    assert {name: (shop.status(name), shop.bills(name)[1:]) for name in shop.customers} == {
        name: ("active", [(MAY, "paid", 1000)]) for name in shop.customers
    }
    brands = [
        method["card"]["brand"] for method in shop.merchant.get("payment_methods", customer_id=shop.customers["brought"])["payment_methods"]
    ]
    assert "mastercard" in brands


def test_a_subscription_recovers_when_the_last_of_its_debts_is_paid(stack: Stack) -> None:
    shop = selling(stack)
    shop.stocks("weekly", fixed(700), interval="week")
    shop.subscribe("ada", "weekly")
    shop.settles()
    shop.decline("ada")
    shop.passes(on(4, 16))
    unpaid = shop.orders("ada")[1:]
    assert ([bill(order)[1] for order in unpaid], shop.status("ada")) == (["pending", "pending"], "past_due")
    shop.simulator.do("cards/decline", customer=shop.customers["ada"], code=None)
    for order, status in zip(unpaid, ("past_due", "active"), strict=True):
        shop.merchant.post(f"orders/{order['id']}:retry_payment")
        shop.settles()
        assert shop.status("ada") == status
    shop.renews_as_foretold(on(4, 22), "ada")


def test_a_change_that_is_not_paid_leaves_everything_as_it_was(stack: Stack) -> None:
    shop = selling(stack, "ada")
    shop.stocks("large", fixed(2000))
    shop.passes(on(4, 16))
    shop.decline("ada", 1)
    before = shop.subscription("ada")
    body = {"request_id": "unpaid", "change": {"product": shop.product("large")}, "proration_behavior": "PRORATION_BEHAVIOR_INVOICE"}
    path = f"subscriptions/{shop.subscriptions['ada']}:change"
    refused = [read_response(shop.merchant.rest("POST", path, json=body)) for _ in range(2)]
    assert [(answer.code, answer.reason) for answer in refused] == [("FAILED_PRECONDITION", "PAYMENT_FAILED")] * 2
    shop.settles()
    assert shop.bills("ada") == [APRIL, ("2026-04-16", "void", 500)]
    assert {**before, "version": "", "modified_at": ""} == {**shop.subscription("ada"), "version": "", "modified_at": ""}
    shop.renews_as_foretold(on(5, 1), "ada")
    assert shop.bills("ada")[-1] == (MAY, "paid", 1000)


def test_what_is_too_little_to_charge_is_carried_to_the_next_order(stack: Stack) -> None:
    shop = open_shop(stack, on(4, 1), **UNTAXED)
    shop.stocks("tiny", units((None, 30)))
    shop.subscribe("ada", "tiny", units=1)
    shop.settles()
    assert (shop.bills("ada"), shop.balance("ada")) == ([("2026-04-01", "paid", 0)], -30)
    shop.renews_as_foretold(on(5, 1), "ada")
    assert (shop.bills("ada")[-1], shop.balance("ada")) == ((MAY, "paid", 60), 0)


def test_an_adjustment_is_the_customers_and_the_books_say_so(stack: Stack) -> None:
    shop = selling(stack, "ada")
    path = f"customers/{shop.customers['ada']}/balances:adjust"
    gift = shop.merchant.post(path, currency="eur", amount="1500", reason="a gift")
    shop.settles()
    assert booked(shop, gift["id"]) == {"customer_wallet": -1500, "merchant_payable": 1500}
    shop.renews_as_foretold(on(5, 1), "ada")
    shop.renews_as_foretold(on(6, 1), "ada")
    assert [due for _, _, due in shop.bills("ada")] == [1000, 0, 500]
    orders = shop.orders("ada")
    assert booked(shop, orders[1]["id"])["customer_wallet"] == 1000
    assert booked(shop, orders[2]["id"])["customer_wallet"] == 500
    taken = [(each["type"].split("TYPE_")[1], each["amount"], each["balance_amount"]) for each in transactions(shop, "ada")]
    assert taken == [("ORDER_APPLIED", "-500", "0"), ("ORDER_APPLIED", "-1000", "500"), ("ADJUSTMENT", "1500", "1500")]


def transactions(shop: Shop, name: str) -> list[Json]:
    """Of the customer's balance, newest first."""
    return list(shop.merchant.get(f"customers/{shop.customers[name]}/balance_transactions")["transactions"])


def test_a_void_order_gives_back_what_it_took(stack: Stack) -> None:
    shop = selling(stack, "ada")
    shop.merchant.post(f"customers/{shop.customers['ada']}/balances:adjust", currency="eur", amount="300", reason="a gift")
    shop.decline("ada", 1)
    shop.passes(on(5, 1))
    assert (shop.bills("ada")[-1], shop.balance("ada")) == ((MAY, "pending", 700), 0)
    shop.merchant.post(f"orders/{shop.orders('ada')[-1]['id']}:void")
    shop.settles()
    assert (shop.bills("ada")[-1], shop.balance("ada"), shop.status("ada")) == ((MAY, "void", 700), 300, "active")
    shop.renews_as_foretold(on(6, 1), "ada")
    assert shop.bills("ada")[-1] == ("2026-06-01", "paid", 700)


def test_who_never_pays_a_period_does_not_keep_what_was_credited_within_it(stack: Stack) -> None:
    shop = selling(stack)
    shop.stocks("large", fixed(2000))
    shop.subscribe("ada", "large")
    shop.passes(on(4, 30))
    shop.decline("ada")
    shop.passes(on(5, 16, 12))
    body = {"change": {"product": shop.product("monthly")}, "proration_behavior": "PRORATION_BEHAVIOR_INVOICE"}
    shop.merchant.post(f"subscriptions/{shop.subscriptions['ada']}:change", **body)
    shop.settles()
    assert (shop.bills("ada")[1], shop.balance("ada")) == ((MAY, "pending", 2000), 500)
    shop.passes(on(6, 1))
    assert (shop.bills("ada")[1], shop.balance("ada"), shop.status("ada")) == ((MAY, "void", 2000), 0, "canceled")
    assert [each["type"].split("TYPE_")[1] for each in transactions(shop, "ada")] == ["ORDER_VOIDED", "ORDER_CREDITED"]
    assert booked(shop, shop.orders("ada")[1]["id"]) == {"customer_wallet": 500, "merchant_payable": -500}


@pytest.mark.parametrize(("days", "kept"), [(0, False), (7, True)])
def test_benefits_stay_for_the_days_of_grace(days: int, kept: bool, stack: Stack) -> None:
    shop = open_shop(stack, on(4, 1), **UNTAXED, benefit_revocation_grace_period=days)
    benefit = shop.merchant.post("benefits", description="Support", feature_flag={})["id"]
    shop.merchant.post(f"products/{shop.stocks('monthly', fixed(1000))}/benefits", benefit_ids=[benefit])
    shop.subscribe("ada", "monthly")
    shop.settles()
    assert shop.entitled("ada", benefit)
    shop.decline("ada")
    shop.passes(on(5, 1))
    assert (shop.status("ada"), shop.entitled("ada", benefit)) == ("past_due", kept)
    shop.passes(on(5, 9))
    assert not shop.entitled("ada", benefit)
    shop.simulator.do("cards/decline", customer=shop.customers["ada"], code=None)
    shop.new_card("ada")
    shop.settles()
    assert (shop.status("ada"), shop.entitled("ada", benefit)) == ("active", True)


@pytest.mark.parametrize(("currency", "told"), [("jpy", "1500"), ("usd", "15.00")])
def test_files_have_the_decimals_of_their_currency(currency: str, told: str, stack: Stack) -> None:
    shop = open_shop(stack, on(4, 1), currency=currency, **UNTAXED)
    shop.stocks("monthly", fixed(1500), currency=currency)
    shop.subscribe("ada", "monthly")
    shop.passes(on(5, 1))
    orders, subscriptions = downloaded(shop, "orders", "total_amount"), downloaded(shop, "subscriptions", "amount")
    assert (orders, subscriptions) == ([(told, currency.upper())] * 2, [(told, currency.upper())])


def downloaded(shop: Shop, noun: str, column: str) -> list[tuple[str, str]]:
    """Amounts and currencies of a file."""
    response = shop.merchant.rest("GET", f"{noun}:export", params={"columns": [column, "currency"]})
    return [(row[column], row["currency"]) for row in csv.DictReader(io.StringIO(response.text, newline=""))]


def test_after_all_this_every_invariant_holds(audited: list[str]) -> None:
    assert audited == []
