"""What becomes of sold subscriptions later: periods and credits are billed, charges succeed or fail, dunning ends, subscriptions end."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from bursar.checkout.v1 import billing_pb2, checkout_events_pb2, order_pb2
from bursar.payments.v1 import payments_events_pb2
from bursar.subscription.v1 import subscription_events_pb2, subscription_pb2
from bursar.types.v1 import tax_pb2
from google.protobuf.message import Message

from services.chassis.event import Event
from services.chassis.ids import new_id
from services.chassis.timestamps import to_timestamp
from tests.properties.outcomes import settled
from tests.properties.purchases import CURRENCY, Recurring

_AMOUNT = 2_000
_CREDIT = -300
_MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Later:
    """Facts of one sold subscription: of subscription, and of payments about the orders that come of them."""

    billed: list[Event[Message]]
    paid: list[Event[Message]]
    has_debts: bool


def renewed(sold: Recurring, organization_id: UUID, balance: int, now: datetime, chance: random.Random) -> Later:
    """Up to two periods, each paid by card or not; the order that takes a balance is the only one, so that it is known which it is."""
    later = Later([], [], has_debts=chance.random() < 0.4)
    periods = 1 if balance else chance.randint(1, 2)
    for number in range(periods):
        order_id, start = new_id(), now + number * _MONTH
        billing = _billing(sold, order_id, _AMOUNT, order_pb2.ORDER_BILLING_REASON_SUBSCRIPTION_CYCLE, start)
        cycled = subscription_events_pb2.SubscriptionCycled(subscription=_state(sold, "active"), billing=billing)
        later.billed.append(Event(new_id(), "subscription.cycled", organization_id, sold.id, number + 10, now, cycled))
        later.paid.extend(_charged(sold, organization_id, order_id, _AMOUNT - balance, later.has_debts, now, chance))
    if later.has_debts and chance.random() < 0.3:
        ended = subscription_events_pb2.SubscriptionRevoked(subscription=_state(sold, "canceled"))
        later.billed.append(Event(new_id(), "subscription.revoked", organization_id, sold.id, periods + 10, now, ended))
    return later


def credited(sold: Recurring, organization_id: UUID, now: datetime) -> Later:
    """What is given back for the rest of a period, to the customer's balance."""
    billing = _billing(sold, new_id(), _CREDIT, order_pb2.ORDER_BILLING_REASON_SUBSCRIPTION_UPDATE, now)
    billed = subscription_events_pb2.SubscriptionBilled(subscription=_state(sold, "active"), billing=billing)
    return Later([Event(new_id(), "subscription.billed", organization_id, sold.id, 10, now, billed)], [], has_debts=False)


def dunned(sold: Recurring, organization_id: UUID, keeps_unpaid: bool, now: datetime, chance: random.Random) -> Iterator[Event[Message]]:
    """What checkout tells of a renewal that was not paid at first."""
    order_id, version = new_id(), 1
    common: dict[str, Any] = {
        "order_id": str(order_id),
        "subscription_id": str(sold.id),
        "billing_reason": order_pb2.ORDER_BILLING_REASON_SUBSCRIPTION_CYCLE,
    }
    events = checkout_events_pb2
    failed = ("order.payment_failed", events.OrderPaymentFailed(**common, past_due_at=to_timestamp(now)))
    exhausted = ("order.dunning_exhausted", events.OrderDunningExhausted(**common))
    voided = ("order.voided", events.OrderVoided(**common))
    paid = ("order.paid", events.OrderPaid(**common))
    # Without a choice the order is void when dunning is exhausted; where it stays, somebody may pay it or make it void.
    lost = chance.choice(([], [paid], [voided])) if keeps_unpaid else [voided]
    for type, message in (failed, *chance.choice(([], [paid], [failed, paid], [voided], [exhausted, *lost]))):
        version += 1
        yield Event(new_id(), type, organization_id, order_id, version, now, message)


def _charged(
    sold: Recurring, organization_id: UUID, order_id: UUID, due: int, fails: bool, now: datetime, chance: random.Random
) -> Iterator[Event[Message]]:
    payment_id = new_id()
    common: dict[str, Any] = {"payment_id": str(payment_id), "order_id": str(order_id), "customer_id": str(sold.customer_id), "attempt": 1}
    if fails:
        failed = payments_events_pb2.PaymentFailed(**common, code="card_declined", message="Declined.", retryable=chance.random() < 0.7)
        yield Event(new_id(), "payment.failed", organization_id, payment_id, 1, now, failed)
    elif chance.random() < 0.8:
        money: dict[str, Any] = {"amount": due, "currency": CURRENCY, "processor": "stripe"}
        succeeded = payments_events_pb2.PaymentSucceeded(**common, **money, succeeded_at=to_timestamp(now))
        yield Event(new_id(), "payment.succeeded", organization_id, payment_id, 1, now, succeeded)
        yield Event(new_id(), "payment.settled", organization_id, payment_id, 2, now, settled(payment_id, order_id, due, CURRENCY, now))


def _billing(
    sold: Recurring, order_id: UUID, amount: int, reason: order_pb2.OrderBillingReason.ValueType, start: datetime
) -> billing_pb2.Billing:
    line = billing_pb2.BillingLine(
        billing_entry_id=str(new_id()),
        type=order_pb2.BILLING_ENTRY_TYPE_CYCLE if amount > 0 else order_pb2.BILLING_ENTRY_TYPE_PRORATION,
        label="Pro",
        description="Pro",
        amount=amount,
        proration=amount < 0,
        start_timestamp=to_timestamp(start),
        end_timestamp=to_timestamp(start + _MONTH),
    )
    return billing_pb2.Billing(
        order_id=str(order_id),
        subscription_id=str(sold.id),
        customer_id=str(sold.customer_id),
        product_id=str(sold.product_id),
        billing_reason=reason,
        currency=CURRENCY,
        tax_behavior=tax_pb2.TAX_BEHAVIOR_INCLUSIVE,
        lines=[line],
        description="Pro",
        period_start=line.start_timestamp,
        period_end=line.end_timestamp,
    )


def _state(sold: Recurring, status: str) -> subscription_events_pb2.SubscriptionState:
    return subscription_events_pb2.SubscriptionState(
        subscription_id=str(sold.id),
        customer_id=str(sold.customer_id),
        product_id=str(sold.product_id),
        status=subscription_pb2.SubscriptionStatus.Value(f"SUBSCRIPTION_STATUS_{status.upper()}"),
    )
