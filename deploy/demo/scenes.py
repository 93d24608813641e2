"""The scenes of the day. Each plays one purchase through the edge and says what it expects to be true afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from bursar.benefits.v1 import grant_service_pb2, grant_service_pb2_grpc
from bursar.subscription.v1 import subscription_service_pb2, subscription_service_pb2_grpc

from deploy.demo.catalog import Catalog
from deploy.demo.edge import Edge


@dataclass
class Stage:
    """What the scenes share."""

    merchant: Edge
    """Holds the organization's access token."""
    buyer: Edge
    """Holds nothing: a browser that knows a client secret."""
    catalog: Catalog
    simulator_url: str
    settle: Callable[[], None]
    """Waits until the suite is quiet."""
    subscription_id: str = ""

    def authenticate(self, redirect_url: str, processor_client_secret: str) -> None:
        """What the buyer's bank does after 3-D Secure."""
        intent = processor_client_secret.split("_secret_")[0]
        body = {"intent": intent, "outcome": "succeed"}
        httpx.post(f"{self.simulator_url}/_sim/buyer/authenticate", json=body, timeout=10.0).raise_for_status()


@dataclass
class Outcome:
    """How a scene went: the checkouts it left, and expectations with their truth."""

    order_ids: list[str] = field(default_factory=list)
    expectations: list[tuple[str, bool]] = field(default_factory=list)

    def expect(self, sentence: str, true: bool) -> None:
        """Something that must be so."""
        self.expectations.append((sentence, true))


FRANCE = {"country": "FR", "city": "Lyon", "postal_code": "69001", "line1": "1 place Bellecour"}
GERMANY = {"country": "DE", "city": "Berlin", "postal_code": "10117", "line1": "Unter den Linden 1"}


def one_time_purchase(stage: Stage) -> Outcome:
    """A one-time purchase from France with a discount code and VAT"""
    outcome = Outcome()
    checkout = _open(stage, stage.catalog.editor, "camille@example.com", FRANCE, discount_code=stage.catalog.discount_code)
    done = _confirm(stage, checkout, "pm_card_visa")
    outcome.expect("the checkout succeeded", done["status"] == "CHECKOUT_STATUS_SUCCEEDED")
    outcome.expect("25 % off 100.00 and 20 % VAT on top make 90.00", (done["net_amount"], done["total_amount"]) == ("7500", "9000"))
    stage.settle()
    order = _order(stage, done, outcome)
    outcome.expect("the invoice has a number", bool(order.get("invoice_number")))
    entitled = stage.merchant.grpc(
        grant_service_pb2_grpc.GrantServiceStub,
        "CheckEntitlement",
        grant_service_pb2.CheckEntitlementRequest(customer_id=order["customer_id"], benefit_id=stage.catalog.license_keys),
    )
    outcome.expect("the customer is entitled to a license key", entitled.entitled)
    keys = stage.merchant.get("license_keys", customer_id=order["customer_id"])["license_keys"]
    outcome.expect("one key was made", len(keys) == 1 and keys[0]["key"].startswith("EDIT"))
    return outcome


def business_subscription(stage: Stage) -> Outcome:
    """A subscription by a German business, reverse charge"""
    outcome = Outcome()
    checkout = _open(
        stage,
        stage.catalog.team_plan,
        "einkauf@example.com",
        GERMANY,
        external_customer_id=f"acme-{uuid4().hex[:8]}",
        customer_billing_name="Muster GmbH",
        customer_tax_id="DE136695976",
        is_business_customer=True,
    )
    done = _confirm(stage, checkout, "pm_card_mastercard")
    outcome.expect("the checkout succeeded", done["status"] == "CHECKOUT_STATUS_SUCCEEDED")
    outcome.expect("no VAT is charged: 49.00", (done["tax_amount"], done["total_amount"]) == ("0", "4900"))
    reasons = [line["reason"] for line in done["tax_lines"]]
    outcome.expect("the invoice says reverse charge", reasons == ["TAXABILITY_REASON_REVERSE_CHARGE"])
    stage.settle()
    _order(stage, done, outcome)
    subscription = stage.merchant.get(f"subscriptions/{done['subscription_id']}")
    outcome.expect("the subscription is active", subscription["status"] == "SUBSCRIPTION_STATUS_ACTIVE")
    entitled = stage.merchant.get(
        "entitlements:check", external_customer_id=checkout["external_customer_id"], benefit_id=stage.catalog.priority_support
    )
    outcome.expect(
        "entitled by the merchant's own customer id, level gold", entitled["entitled"] and entitled["metadata"]["level"] == "gold"
    )
    stage.subscription_id = str(subscription["id"])
    return outcome


def declined_then_paid(stage: Stage) -> Outcome:
    """A declined card, then success on the same checkout"""
    outcome = Outcome()
    checkout = _open(stage, stage.catalog.editor, "dana@example.com", FRANCE)
    declined = _confirm(stage, checkout, "pm_card_visa_chargeDeclinedInsufficientFunds")
    outcome.expect("the checkout is open again", declined["status"] == "CHECKOUT_STATUS_OPEN")
    outcome.expect("and says why", declined["payment_failure"]["decline_code"] == "insufficient_funds")
    done = _confirm(stage, checkout, "pm_card_visa")
    outcome.expect("the second card succeeded", done["status"] == "CHECKOUT_STATUS_SUCCEEDED")
    stage.settle()
    order = _order(stage, done, outcome)
    payments = stage.merchant.get("payments", order_id=order["id"])["payments"]
    outcome.expect(
        "two attempts, one of them paid",
        sorted(payment["status"] for payment in payments) == ["PAYMENT_STATUS_FAILED", "PAYMENT_STATUS_SUCCEEDED"],
    )
    return outcome


def three_d_secure(stage: Stage) -> Outcome:
    """A card that needs 3-D Secure"""
    outcome = Outcome()
    checkout = _open(stage, stage.catalog.editor, "eva@example.com", FRANCE)
    waiting = _confirm(stage, checkout, "pm_card_threeDSecure2Required")
    action = waiting.get("payment_action") or {}
    outcome.expect("the buyer has to act", waiting["status"] == "CHECKOUT_STATUS_CONFIRMED" and bool(action))
    stage.authenticate(action.get("redirect_url", ""), action["processor_client_secret"])
    stage.settle()
    done = stage.buyer.get(f"client/checkouts/{checkout['client_secret']}")
    outcome.expect("the bank's yes completes the purchase", done["status"] == "CHECKOUT_STATUS_SUCCEEDED")
    _order(stage, done, outcome)
    return outcome


def free_product(stage: Stage) -> Outcome:
    """A free product, without a card"""
    outcome = Outcome()
    checkout = _open(stage, stage.catalog.sticker, "finn@example.com", FRANCE)
    outcome.expect("nothing is to pay", not checkout["is_payment_required"] and checkout["total_amount"] == "0")
    done = _confirm(stage, checkout, None)
    outcome.expect("the checkout succeeded", done["status"] == "CHECKOUT_STATUS_SUCCEEDED")
    stage.settle()
    order = _order(stage, done, outcome)
    payments = stage.merchant.get("payments", order_id=order["id"])["payments"]
    outcome.expect("no payment was made", payments == [])
    return outcome


def double_click(stage: Stage) -> Outcome:
    """A double click on pay"""
    outcome = Outcome()
    checkout = _open(stage, stage.catalog.editor, "gus@example.com", FRANCE)
    with ThreadPoolExecutor(2) as clicks:
        for click in [clicks.submit(_confirm, stage, checkout, "pm_card_visa") for _ in range(2)]:
            click.result()
    stage.settle()
    done = stage.buyer.get(f"client/checkouts/{checkout['client_secret']}")
    outcome.expect("the checkout succeeded", done["status"] == "CHECKOUT_STATUS_SUCCEEDED")
    order = _order(stage, done, outcome)
    payments = stage.merchant.get("payments", checkout_id=checkout["id"])["payments"]
    orders = stage.merchant.get("orders", checkout_id=checkout["id"])["orders"]
    outcome.expect("one charge, one order", (len(payments), [known["id"] for known in orders]) == (1, [order["id"]]))
    return outcome


def canceled_subscription(stage: Stage) -> Outcome:
    """The subscription is canceled, then revoked"""
    outcome = Outcome()
    path = f"subscriptions/{stage.subscription_id}"
    reason = {"customer_cancellation_reason": "CUSTOMER_CANCELLATION_REASON_TOO_EXPENSIVE"}
    canceled = stage.merchant.post(f"{path}:cancel", reason)
    outcome.expect("it ends with its period", canceled["cancel_at_period_end"] and canceled["ends_at"] == canceled["current_period_end"])
    outcome.expect("it is active until then", canceled["status"] == "SUBSCRIPTION_STATUS_ACTIVE")
    revoked = stage.merchant.grpc(
        subscription_service_pb2_grpc.SubscriptionServiceStub,
        "RevokeSubscription",
        subscription_service_pb2.RevokeSubscriptionRequest(request_id=str(uuid4()), id=stage.subscription_id),
    )
    outcome.expect("revoked, it is over", bool(revoked.HasField("ended_at")))
    stage.settle()
    entitled = stage.merchant.get("entitlements:check", customer_id=canceled["customer_id"], benefit_id=stage.catalog.priority_support)
    outcome.expect("the benefit is gone", not entitled["entitled"])
    return outcome


def scenes() -> Iterator[tuple[str, Callable[[Stage], Outcome]]]:
    """Title and scene, in the order of the day."""
    for scene in (
        one_time_purchase,
        business_subscription,
        declined_then_paid,
        three_d_secure,
        free_product,
        double_click,
        canceled_subscription,
    ):
        yield (scene.__doc__ or "").strip(), scene


def _open(stage: Stage, product_id: str, email: str, address: dict[str, str], **more: Any) -> dict[str, Any]:
    body = {"product_ids": [product_id], "currency": "eur", "customer_email": email, "customer_billing_address": address, **more}
    return stage.merchant.post("checkouts", body)


def _confirm(stage: Stage, checkout: dict[str, Any], card: str | None) -> dict[str, Any]:
    body = {"confirmation_token_id": card} if card else {}
    return stage.buyer.post(f"client/checkouts/{checkout['client_secret']}:confirm", body)


def _order(stage: Stage, checkout: dict[str, Any], outcome: Outcome) -> dict[str, Any]:
    order = stage.merchant.get(f"orders/{checkout['order_id']}")
    outcome.order_ids.append(order["id"])
    outcome.expect("the order is paid", order["status"] == "ORDER_STATUS_PAID")
    return order
