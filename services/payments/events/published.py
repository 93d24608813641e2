"""Facts of the service as messages of its contract."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bursar.payments.v1 import payment_pb2, payments_events_pb2
from google.protobuf.message import Message

from services.chassis.database import Transaction
from services.chassis.ids import id_text
from services.chassis.outbox import Fact
from services.chassis.timestamps import to_timestamp
from services.payments.domain.attempt import Attempt
from services.payments.domain.decide import AttemptFact
from services.payments.domain.payment_method import PaymentMethod


def tell_attempts(transaction: Transaction, facts: Sequence[tuple[Attempt, AttemptFact]]) -> None:
    """Publish facts of attempts with the commit."""
    for attempt, fact in facts:
        message = _ATTEMPT_MESSAGES[fact.type](attempt)
        transaction.publish(Fact(fact.type, attempt.id, attempt.organization_id, fact.version, attempt.modified_at, message))


def tell_methods(transaction: Transaction, type: str, methods: Sequence[PaymentMethod]) -> None:
    """Publish `payment_method.created`, `.updated` or `.deleted` with the commit."""
    for method in methods:
        message = _METHOD_MESSAGES[type](method)
        transaction.publish(Fact(type, method.id, method.organization_id, method.version, method.modified_at, message))


def _succeeded(attempt: Attempt) -> Message:
    return payments_events_pb2.PaymentSucceeded(
        payment_id=str(attempt.id),
        order_id=str(attempt.subject_id),
        checkout_id=id_text(attempt.checkout_id),
        customer_id=str(attempt.customer_id),
        attempt=attempt.number,
        amount=attempt.amount or 0,
        currency=attempt.currency or "",
        processor="stripe",
        payment_method_id=id_text(attempt.payment_method_id),
        succeeded_at=to_timestamp(attempt.succeeded_at),
    )


def _failed(attempt: Attempt) -> Message:
    failure = attempt.failure
    assert failure is not None, "what failed says why"
    return payments_events_pb2.PaymentFailed(
        payment_id=str(attempt.id),
        order_id=str(attempt.subject_id),
        checkout_id=id_text(attempt.checkout_id),
        customer_id=str(attempt.customer_id),
        attempt=attempt.number,
        code=failure.code,
        decline_code=failure.decline_code,
        message=failure.message,
        retryable=failure.retryable,
    )


def _requires_action(attempt: Attempt) -> Message:
    return payments_events_pb2.PaymentRequiresAction(
        payment_id=str(attempt.id),
        order_id=str(attempt.subject_id),
        checkout_id=id_text(attempt.checkout_id),
        attempt=attempt.number,
        next_action=_next_action(attempt),
    )


def _settled(attempt: Attempt) -> Message:
    settlement = attempt.settlement
    assert settlement is not None, "what is settled says with what"
    return payments_events_pb2.PaymentSettled(
        payment_id=str(attempt.id),
        order_id=str(attempt.subject_id),
        processor="stripe",
        currency=settlement.currency,
        amount=settlement.amount,
        fee_amount=settlement.fee_amount,
        net_amount=settlement.net_amount,
        settled_at=to_timestamp(settlement.settled_at),
        available_at=to_timestamp(settlement.available_at),
    )


def _setup_succeeded(attempt: Attempt) -> Message:
    return payments_events_pb2.PaymentSetupSucceeded(
        setup_id=str(attempt.id),
        checkout_id=str(attempt.subject_id),
        customer_id=str(attempt.customer_id),
        attempt=attempt.number,
        payment_method_id=str(attempt.payment_method_id),
    )


def _setup_failed(attempt: Attempt) -> Message:
    failure = attempt.failure
    assert failure is not None, "what failed says why"
    return payments_events_pb2.PaymentSetupFailed(
        setup_id=str(attempt.id),
        checkout_id=str(attempt.subject_id),
        customer_id=str(attempt.customer_id),
        attempt=attempt.number,
        code=failure.code,
        decline_code=failure.decline_code,
        message=failure.message,
    )


def _setup_requires_action(attempt: Attempt) -> Message:
    return payments_events_pb2.PaymentSetupRequiresAction(
        setup_id=str(attempt.id),
        checkout_id=str(attempt.subject_id),
        attempt=attempt.number,
        next_action=_next_action(attempt),
    )


def _next_action(attempt: Attempt) -> payment_pb2.NextAction | None:
    action = attempt.next_action
    return payment_pb2.NextAction(redirect_url=action.redirect_url, processor_client_secret=action.client_secret) if action else None


def _method_created(method: PaymentMethod) -> Message:
    return payments_events_pb2.PaymentMethodCreated(
        payment_method_id=str(method.id),
        customer_id=str(method.customer_id),
        is_default=method.is_default,
        fingerprint=method.details.fingerprint,
    )


def _method_updated(method: PaymentMethod) -> Message:
    return payments_events_pb2.PaymentMethodUpdated(
        payment_method_id=str(method.id), customer_id=str(method.customer_id), is_default=method.is_default
    )


def _method_deleted(method: PaymentMethod) -> Message:
    return payments_events_pb2.PaymentMethodDeleted(payment_method_id=str(method.id), customer_id=str(method.customer_id))


_METHOD_MESSAGES: dict[str, Callable[[PaymentMethod], Message]] = {
    "payment_method.created": _method_created,
    "payment_method.updated": _method_updated,
    "payment_method.deleted": _method_deleted,
}
_ATTEMPT_MESSAGES: dict[str, Callable[[Attempt], Message]] = {
    "payment.succeeded": _succeeded,
    "payment.failed": _failed,
    "payment.requires_action": _requires_action,
    "payment.settled": _settled,
    "payment.setup_succeeded": _setup_succeeded,
    "payment.setup_failed": _setup_failed,
    "payment.setup_requires_action": _setup_requires_action,
}
