"""A subscription whose first payment needs the buyer, through real services: it waits, and begins or never does."""

from __future__ import annotations

import pytest

from deploy.audit.invariants import audit
from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.e2e.buying import Json, Shop
from tests.e2e.calls import read_response
from tests.e2e.merchants import found_merchant, found_sandbox
from tests.e2e.simulator import Simulator
from tests.e2e.world import product

CARD = "pm_card_authenticationRequired"
START = "2026-01-15T09:30:00Z"


def shop_of(stack: Stack, suite: Suite, *, sandbox: bool = False) -> Shop:
    fields = {"clock_start": START, "default_presentment_currency": "eur"}
    merchant = found_sandbox(stack, **fields) if sandbox else found_merchant(stack, "patient")
    return Shop(merchant, Simulator(stack.description()["simulator"]["url"]), suite)


def subscription_of(shop: Shop, cart: Json) -> Json:
    shop.everything_settles()
    return shop.merchant.get(f"subscriptions/{cart['subscription_id']}")


def listed(shop: Shop, status: str) -> list[str]:
    found = shop.merchant.get("subscriptions", status=f"SUBSCRIPTION_STATUS_{status}")["subscriptions"]
    return [each["id"] for each in found]


def sound(suite: Suite) -> None:
    assert [f"{verdict.invariant}: {verdict.problems}" for verdict in audit(suite) if verdict.problems] == []


@pytest.mark.parametrize("days", [0, 7])
def test_it_is_incomplete_while_the_buyer_is_asked_and_begins_after_the_bank_said_yes(stack: Stack, suite: Suite, days: int) -> None:
    shop = shop_of(stack, suite)
    note = shop.merchant.post("benefits", description="Thank you", custom={"note": "Thanks!"})
    trial = {"trial_interval": "RECURRING_INTERVAL_DAY", "trial_interval_count": days} if days else {}
    monthly = product(shop.merchant, 500, recurring_interval="RECURRING_INTERVAL_MONTH", **trial)
    shop.merchant.post(f"products/{monthly['id']}/benefits", benefit_ids=[note["id"]])

    cart = shop.buyer_pays(shop.opens(monthly), CARD)
    incomplete = subscription_of(shop, cart)
    assert (incomplete["status"], incomplete["checkout_id"]) == ("SUBSCRIPTION_STATUS_INCOMPLETE", cart["id"])
    assert listed(shop, "INCOMPLETE") == [incomplete["id"]]
    assert not shop.has(cart["customer_id"], note)
    path = f"subscriptions/{incomplete['id']}:cancel"
    assert read_response(shop.merchant.rest("POST", path, json={"request_id": "r"})).reason == "SUBSCRIPTION_STATUS_WRONG"
    sound(suite)

    shop.bank_says(cart, "succeed")
    begun = subscription_of(shop, cart)
    assert begun["status"] == f"SUBSCRIPTION_STATUS_{'TRIALING' if days else 'ACTIVE'}"
    assert shop.has(cart["customer_id"], note)
    assert listed(shop, "INCOMPLETE") == []
    sound(suite)


def test_it_expires_with_the_checkout_of_a_buyer_who_never_comes_back(stack: Stack, suite: Suite) -> None:
    shop = shop_of(stack, suite, sandbox=True)
    monthly = product(shop.merchant, 500, recurring_interval="RECURRING_INTERVAL_MONTH")
    cart = shop.buyer_pays(shop.opens(monthly), CARD)
    assert subscription_of(shop, cart)["status"] == "SUBSCRIPTION_STATUS_INCOMPLETE"

    shop.merchant.post("clock:advance", to="2026-01-17T00:00:00Z")
    expired = subscription_of(shop, cart)
    assert (expired["status"], expired["ended_at"]) == ("SUBSCRIPTION_STATUS_INCOMPLETE_EXPIRED", "2026-01-16T09:30:00Z")
    assert listed(shop, "INCOMPLETE_EXPIRED") == [expired["id"]]
    sound(suite)
