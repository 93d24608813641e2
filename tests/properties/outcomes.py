"""What payments has to tell of one attempt, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from bursar.payments.v1 import payment_pb2, payments_events_pb2
from google.protobuf.message import Message

from services.chassis.event import Event
from services.chassis.ids import new_id
from services.chassis.timestamps import to_timestamp
from services.checkout.domain.payment import AttemptKind
from services.checkout.domain.settlement import Purchase

TOLD: dict[str, Sequence[str]] = {
    "succeeded": ("succeeded",),
    "acted": ("requires_action", "succeeded"),
    "failed": ("failed",),
    "waiting": ("requires_action",),
    "lost": (),
    "second_thought": ("failed", "succeeded"),
}
"""Fates of an attempt, and the facts that tell of it."""
_ACTION = payment_pb2.NextAction(processor_client_secret="pi_secret")


def told(purchase: Purchase, fate: str, now: datetime) -> Iterator[Event[Message]]:
    """The facts of one attempt to pay a purchase."""
    setup = purchase.checkout.attempt_kind is AttemptKind.SETUP
    messages = [(f"payment.{'setup_' if setup else ''}{verb}", (_setup if setup else _payment)(purchase, verb, now)) for verb in TOLD[fate]]
    assert purchase.checkout.payment_id is not None
    if "succeeded" in TOLD[fate] and not setup:
        order = purchase.order
        messages.append(("payment.settled", settled(purchase.checkout.payment_id, order.id, order.due_amount, order.quote.currency, now)))
    for version, (type, message) in enumerate(messages, 1):
        yield Event(new_id(), type, purchase.checkout.organization_id, purchase.checkout.payment_id, version, now, message)


def settled(payment_id: UUID, order_id: UUID, amount: int, currency: str, now: datetime) -> payments_events_pb2.PaymentSettled:
    """What is left of a payment when the processor took its fee."""
    fee = amount * 29 // 1_000 + 30
    return payments_events_pb2.PaymentSettled(
        payment_id=str(payment_id),
        order_id=str(order_id),
        processor="stripe",
        currency=currency,
        amount=amount,
        fee_amount=fee,
        net_amount=amount - fee,
        settled_at=to_timestamp(now),
        available_at=to_timestamp(now),
    )


def _payment(purchase: Purchase, verb: str, now: datetime) -> Message:
    checkout, order = purchase.checkout, purchase.order
    common: dict[str, Any] = {
        "payment_id": str(checkout.payment_id),
        "order_id": str(order.id),
        "checkout_id": str(checkout.id),
        "attempt": checkout.attempt,
    }
    known = {**common, "customer_id": str(order.placement.customer_id)}
    money: dict[str, Any] = {"amount": order.due_amount, "currency": order.quote.currency, "processor": "stripe"}
    makes: dict[str, Callable[[], Message]] = {
        "succeeded": lambda: payments_events_pb2.PaymentSucceeded(**known, **money, succeeded_at=to_timestamp(now)),
        "failed": lambda: payments_events_pb2.PaymentFailed(**known, code="card_declined", message="Declined.", retryable=True),
        "requires_action": lambda: payments_events_pb2.PaymentRequiresAction(**common, next_action=_ACTION),
    }
    return makes[verb]()


def _setup(purchase: Purchase, verb: str, now: datetime) -> Message:
    checkout = purchase.checkout
    common: dict[str, Any] = {"setup_id": str(checkout.payment_id), "checkout_id": str(checkout.id), "attempt": checkout.attempt}
    known = {**common, "customer_id": str(purchase.order.placement.customer_id)}
    makes: dict[str, Callable[[], Message]] = {
        "succeeded": lambda: payments_events_pb2.PaymentSetupSucceeded(**known, payment_method_id=str(new_id())),
        "failed": lambda: payments_events_pb2.PaymentSetupFailed(**known, code="card_declined", message="Declined."),
        "requires_action": lambda: payments_events_pb2.PaymentSetupRequiresAction(**common, next_action=_ACTION),
    }
    return makes[verb]()
