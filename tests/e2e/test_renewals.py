"""What a sandbox's renewals depend on: its own clock and the customer's cards, not the machine's time."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.audit.quiet import wait_until_quiet
from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.e2e.calls import read_response
from tests.e2e.merchants import Merchant, found_sandbox
from tests.e2e.simulator import Simulator
from tests.e2e.world import checkout, confirm, product

Json = dict[str, Any]

START = "2026-01-15T09:30:00Z"
RENEWAL = "2026-02-15T09:30:00Z"
DAY_21 = "2026-03-08T09:30:00Z"
"""Of the dunning, when nothing is tried any more."""


@pytest.fixture
def merchant(stack: Stack) -> Merchant:
    """A sandbox with the settings that everybody starts with."""
    return found_sandbox(stack, clock_start=START, default_presentment_currency="eur")


@pytest.fixture
def monthly(merchant: Merchant) -> Json:
    return product(merchant, 2_900, recurring_interval="RECURRING_INTERVAL_MONTH")


@pytest.fixture
def subscription(merchant: Merchant, monthly: Json, suite: Suite) -> Json:
    """Bought with a Visa card that works."""
    bought = confirm(merchant, checkout(merchant, monthly["id"]))
    wait_until_quiet(suite, 30.0)
    return merchant.get(f"subscriptions/{bought['subscription_id']}")


def newest_order(merchant: Merchant, subscription: Json) -> Json:
    return dict(merchant.get("orders", subscription_id=subscription["id"], page_size=1)["orders"][0])


def test_who_has_ended_a_subscription_may_buy_again_at_once(merchant: Merchant, monthly: Json, subscription: Json) -> None:
    again = checkout(merchant, monthly["id"], customer_id=subscription["customer_id"])
    path = f"client/checkouts/{again['client_secret']}:confirm"
    refused = read_response(merchant.buyer().rest("POST", path, json={"request_id": "too-soon", "confirmation_token_id": "pm_card_visa"}))
    assert refused.reason == "ALREADY_SUBSCRIBED"
    merchant.post(f"subscriptions/{subscription['id']}:revoke")
    assert confirm(merchant, again)["status"] == "CHECKOUT_STATUS_SUCCEEDED"


def test_a_renewal_is_charged_to_the_default_card(merchant: Merchant, subscription: Json, suite: Suite) -> None:
    added = merchant.post("payment_methods", customer_id=subscription["customer_id"], confirmation_token_id="pm_card_mastercard")
    wait_until_quiet(suite, 30.0)
    merchant.post("clock:advance", to=RENEWAL)
    charged = merchant.get("payments", order_id=newest_order(merchant, subscription)["id"])["payments"]
    assert [payment["payment_method_id"] for payment in charged] == [added["payment_method_id"]]


def test_a_buyer_who_never_comes_back_from_the_bank_holds_no_dunning_up(
    merchant: Merchant, subscription: Json, simulator: Simulator
) -> None:
    simulator.do("cards/decline", customer=subscription["customer_id"], code="insufficient_funds")
    merchant.post("clock:advance", to=RENEWAL)
    order = newest_order(merchant, subscription)
    card = {"confirmation_token_id": "pm_card_authenticationRequired", "return_url": "https://shop.example/back"}
    assert merchant.post(f"orders/{order['id']}:retry_payment", **card)["payment_action"]["redirect_url"]
    merchant.post("clock:advance", to=DAY_21)
    assert merchant.get(f"orders/{order['id']}")["status"] == "ORDER_STATUS_VOID"
    assert merchant.get(f"subscriptions/{subscription['id']}")["status"] == "SUBSCRIPTION_STATUS_CANCELED"
