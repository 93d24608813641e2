"""What buyers do, and what is true afterwards everywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from deploy.audit.invariants import audit
from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.e2e.buying import Json, Shop
from tests.e2e.merchants import found_merchant
from tests.e2e.records import Records
from tests.e2e.simulator import Simulator
from tests.e2e.world import product


@pytest.fixture(scope="module")
def shop(stack: Stack, suite: Suite) -> Shop:
    return Shop(found_merchant(stack, "purchase"), Simulator(stack.description()["simulator"]["url"]), suite)


@pytest.fixture(scope="module")
def note(shop: Shop) -> Json:
    """A benefit."""
    return shop.merchant.post("benefits", description="Thank you", custom={"note": "Thanks!"})


@pytest.fixture(scope="module")
def editor(shop: Shop, note: Json) -> Json:
    """Ten euros, once, with the benefit."""
    made = product(shop.merchant, 1_000)
    shop.merchant.post(f"products/{made['id']}/benefits", benefit_ids=[note["id"]])
    return made


@pytest.fixture(scope="module")
def monthly(shop: Shop, note: Json) -> Json:
    """Five euros a month, with the benefit; the first week is free."""
    made = product(
        shop.merchant,
        500,
        recurring_interval="RECURRING_INTERVAL_MONTH",
        trial_interval="RECURRING_INTERVAL_DAY",
        trial_interval_count=7,
    )
    shop.merchant.post(f"products/{made['id']}/benefits", benefit_ids=[note["id"]])
    return made


@pytest.fixture(autouse=True)
def _sound(shop: Shop, suite: Suite) -> Iterator[None]:
    """After every story every invariant of the suite holds."""
    yield
    shop.everything_settles()
    assert [f"{verdict.invariant}: {verdict.problems}" for verdict in audit(suite) if verdict.problems] == []


def test_a_purchase_is_paid_booked_and_granted(shop: Shop, editor: Json, note: Json) -> None:
    cart = shop.opens(editor)
    assert (cart["status"], cart["net_amount"], cart["tax_amount"], cart["total_amount"]) == ("CHECKOUT_STATUS_OPEN", "1000", "200", "1200")

    done = shop.buyer_pays(cart)
    assert done["status"] == "CHECKOUT_STATUS_SUCCEEDED"

    shop.everything_settles()
    order = shop.order(done)
    assert (order["status"], order["total_amount"], order["due_amount"]) == ("ORDER_STATUS_PAID", "1200", "1200")
    assert order["invoice_number"]
    assert shop.payments(done) == ["SUCCEEDED"]
    assert shop.journal(done) == ["PAYMENT", "PROCESSOR_FEE"]
    assert shop.has(done["customer_id"], note)


def test_a_declined_card_opens_the_checkout_again_and_another_card_pays(shop: Shop, editor: Json, note: Json) -> None:
    cart = shop.opens(editor)

    declined = shop.buyer_pays(cart, "pm_card_visa_chargeDeclinedInsufficientFunds")
    assert declined["status"] == "CHECKOUT_STATUS_OPEN"
    assert declined["payment_failure"]["decline_code"] == "insufficient_funds"

    done = shop.buyer_pays(cart, "pm_card_visa")
    assert done["status"] == "CHECKOUT_STATUS_SUCCEEDED"
    assert "payment_failure" not in done or done["payment_failure"] is None

    shop.everything_settles()
    assert shop.payments(done) == ["FAILED", "SUCCEEDED"]
    assert shop.journal(done) == ["PAYMENT", "PROCESSOR_FEE"]
    assert shop.has(done["customer_id"], note)


def test_three_d_secure_waits_for_the_bank(shop: Shop, editor: Json) -> None:
    cart = shop.opens(editor)

    waiting = shop.buyer_pays(cart, "pm_card_threeDSecure2Required")
    assert waiting["status"] == "CHECKOUT_STATUS_CONFIRMED"
    assert shop.buyer_pays(cart, "pm_card_visa")["status"] == "CHECKOUT_STATUS_CONFIRMED", "another click does nothing"

    shop.bank_says(waiting, "succeed")
    shop.everything_settles()
    assert shop.buyer_sees(cart)["status"] == "CHECKOUT_STATUS_SUCCEEDED"
    assert shop.payments(waiting) == ["SUCCEEDED"]


def test_the_bank_says_no_and_another_card_pays(shop: Shop, editor: Json) -> None:
    cart = shop.opens(editor)
    waiting = shop.buyer_pays(cart, "pm_card_threeDSecure2Required")

    shop.bank_says(waiting, "fail")
    shop.everything_settles()
    again = shop.buyer_sees(cart)
    assert again["status"] == "CHECKOUT_STATUS_OPEN"
    assert again["payment_failure"]["code"]

    done = shop.buyer_pays(cart)
    assert done["status"] == "CHECKOUT_STATUS_SUCCEEDED"


def test_what_is_free_needs_no_card(shop: Shop) -> None:
    cart = shop.opens(product(shop.merchant, 0))
    assert (cart["is_payment_required"], cart["total_amount"]) == (False, "0")

    done = shop.buyer_pays(cart, card=None)
    assert done["status"] == "CHECKOUT_STATUS_SUCCEEDED"

    shop.everything_settles()
    assert shop.order(done)["status"] == "ORDER_STATUS_PAID"
    assert shop.payments(done) == []


def test_a_trial_saves_a_card_and_charges_nothing(shop: Shop, monthly: Json, note: Json) -> None:
    cart = shop.opens(monthly)
    assert (cart["is_payment_required"], cart["is_payment_setup_required"]) == (False, True)
    refused = shop.merchant.buyer().rest("POST", f"client/checkouts/{cart['client_secret']}:confirm", json={"request_id": "no card"})
    assert refused.json()["details"][0]["reason"] == "PAYMENT_METHOD_MISSING"

    done = shop.buyer_pays(cart)
    assert done["status"] == "CHECKOUT_STATUS_SUCCEEDED"

    shop.everything_settles()
    subscription = shop.merchant.get(f"subscriptions/{done['subscription_id']}")
    assert subscription["status"] == "SUBSCRIPTION_STATUS_TRIALING"
    assert subscription["current_period_end"] == subscription["trial_end"]
    assert shop.payments(done) == []
    assert shop.merchant.get("payment_methods", customer_id=done["customer_id"])["payment_methods"][0]["card"]["last4"] == "4242"
    assert shop.has(done["customer_id"], note)


def test_a_canceled_subscription_goes_on_to_the_end_of_its_period_and_a_revoked_one_ends(shop: Shop, monthly: Json, note: Json) -> None:
    done = shop.buyer_pays(shop.opens(monthly, allow_trial=False))
    shop.everything_settles()
    path = f"subscriptions/{done['subscription_id']}"
    active = shop.merchant.get(path)
    assert (active["status"], shop.order(done)["status"]) == ("SUBSCRIPTION_STATUS_ACTIVE", "ORDER_STATUS_PAID")

    canceled = shop.merchant.post(f"{path}:cancel")
    assert (canceled["status"], canceled["cancel_at_period_end"]) == ("SUBSCRIPTION_STATUS_ACTIVE", True)
    assert canceled["ends_at"] == active["current_period_end"]
    shop.everything_settles()
    assert shop.has(done["customer_id"], note)

    assert not shop.merchant.post(f"{path}:uncancel")["cancel_at_period_end"]

    revoked = shop.merchant.post(f"{path}:revoke")
    assert revoked["status"] == "SUBSCRIPTION_STATUS_CANCELED"
    assert revoked["ended_at"]
    shop.everything_settles()
    assert not shop.has(done["customer_id"], note)


def test_the_buyer_may_not_change_what_only_the_merchant_decides(shop: Shop, editor: Json) -> None:
    cart = shop.opens(editor, allow_discount_codes=False)
    path = f"client/checkouts/{cart['client_secret']}"
    body = {"request_id": "code", "update_mask": "discount_code", "change": {"discount_code": "ANY123"}}
    refused = shop.merchant.buyer().rest("PATCH", path, json=body)
    assert refused.json()["details"][0]["reason"] == "DISCOUNT_CODES_NOT_ALLOWED"
    for field in ("net_amount", "total_amount", "status", "customer_id", "organization_id", "amount"):
        body = {"request_id": field, "update_mask": field, "change": {"customer_name": "Eve", "amount": "1"}}
        assert shop.merchant.buyer().rest("PATCH", path, json=body).status_code == 400, field
    assert shop.buyer_sees(cart)["total_amount"] == "1200"


@pytest.mark.parametrize(
    ("rule", "given"),
    [
        pytest.param("duplicate", {"copies": 3}, id="three times each"),
        pytest.param("delay", {"delay_ms": 700}, id="late"),
        pytest.param("drop", {}, id="never"),
        pytest.param("drop", {"types": ["*.succeeded", "charge.*"]}, id="only what failed", marks=pytest.mark.faults),
    ],
)
def test_webhooks_that_come_badly_end_in_the_same_state(rule: str, given: Json, shop: Shop, editor: Json, note: Json) -> None:
    with shop.simulator.misdelivering(rule, **given):
        done = shop.buyer_pays(shop.opens(editor))
        declined = shop.buyer_pays(shop.opens(editor), "pm_card_visa_chargeDeclined")
        assert declined["status"] == "CHECKOUT_STATUS_OPEN"
        assert done["status"] == "CHECKOUT_STATUS_SUCCEEDED"
        shop.everything_settles()
    _is_sold(shop, done, note)


@pytest.mark.parametrize("seed", range(3))
def test_webhooks_in_any_order_end_in_the_same_state(seed: int, shop: Shop, editor: Json, note: Json) -> None:
    with shop.simulator.misdelivering("hold"):
        done = [shop.buyer_pays(shop.opens(editor)) for _ in range(3)]
        waiting = shop.opens(editor)
        shop.bank_says(shop.buyer_pays(waiting, "pm_card_threeDSecure2Required"), "succeed")
        held = shop.simulator.wait_for_held_events(8)  # two of each purchase: it succeeded, and it was booked
        shop.simulator.do("webhooks/release", order="shuffle", seed=seed)
        shop.everything_settles()
    # And once more, backwards, long after everything is over.
    shop.simulator.do("webhooks/replay", events=held[::-1])
    shop.everything_settles()
    for cart in (*done, shop.buyer_sees(waiting)):
        _is_sold(shop, cart, note)


def _is_sold(shop: Shop, cart: Json, note: Json) -> None:
    assert shop.order(cart)["status"] == "ORDER_STATUS_PAID"
    assert shop.payments(cart) == ["SUCCEEDED"]
    assert [charge["amount"] for charge in shop.simulator.charges_of(cart["order_id"])] == [1_200]
    assert "PAYMENT" in shop.journal(cart)
    assert shop.has(cart["customer_id"], note)


FORGED = {
    "no signature": {},
    "nonsense": {"stripe-signature": "nonsense"},
    "another secret": {"stripe-signature": f"t=4102444800,v1={'0' * 64}"},
    "no time": {"stripe-signature": f"v1={'0' * 64}"},
    "an old scheme": {"stripe-signature": f"t=1,v0={'0' * 64}"},
}


@pytest.mark.parametrize("how", FORGED)
def test_a_webhook_that_stripe_did_not_sign_leaves_nothing(how: str, shop: Shop, records: Records) -> None:
    shop.everything_settles()
    before = records.counts()
    event = {"id": f"evt_{'x' * 24}", "object": "event", "type": "payment_intent.succeeded", "data": {"object": {"id": "pi_1"}}}
    answer = shop.merchant.buyer().rest("POST", "/stripe/webhooks", content=json.dumps(event).encode(), headers=FORGED[how])
    assert answer.status_code == 400
    assert records.counts() == before
