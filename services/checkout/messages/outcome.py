"""What payments says, in answers and in facts, as outcomes of an attempt."""

from __future__ import annotations

from uuid import UUID

from bursar.payments.v1 import payment_pb2, payments_events_pb2

from services.checkout.domain.charge import ChargeOutcome
from services.checkout.domain.payment import (
    ActionNeeded,
    AttemptOutcome,
    Declined,
    Outcome,
    PaymentAction,
    PaymentFailure,
    Succeeded,
    Undecided,
)
from services.checkout.messages.types import id_of, text_of

_P = payment_pb2.PaymentStatus
_S = payment_pb2.SetupStatus
_UNNAMED = "payment_failed"
_UNEXPLAINED = "The payment did not succeed. Try again, or use another payment method."


def payment_outcome(payment: payment_pb2.Payment) -> Outcome:
    """The outcome of a charge."""
    if payment.status == _P.PAYMENT_STATUS_SUCCEEDED:
        return Succeeded(UUID(payment.id), payment.processor, id_of(payment, "payment_method_id"), payment.amount or None)
    if payment.status in (_P.PAYMENT_STATUS_FAILED, _P.PAYMENT_STATUS_CANCELED):
        failure = _failure(payment.failure_code, payment.decline_message or payment.decline_reason, payment.decline_code)
        return Declined(failure, retryable=payment.retryable if payment.HasField("retryable") else True)
    if payment.status == _P.PAYMENT_STATUS_REQUIRES_ACTION:
        return ActionNeeded(_action(payment.next_action))
    return Undecided()


def setup_outcome(setup: payment_pb2.Setup) -> Outcome:
    """The outcome of saving a card: nothing is charged, so there is no payment."""
    if setup.status == _S.SETUP_STATUS_SUCCEEDED:
        return Succeeded(None, None, id_of(setup, "payment_method_id"))
    if setup.status in (_S.SETUP_STATUS_FAILED, _S.SETUP_STATUS_CANCELED):
        return Declined(_failure(setup.failure_code, setup.decline_message, setup.decline_code), retryable=True)
    if setup.status == _S.SETUP_STATUS_REQUIRES_ACTION:
        return ActionNeeded(_action(setup.next_action))
    return Undecided()


SETUP_FACTS = (
    payments_events_pb2.PaymentSetupSucceeded,
    payments_events_pb2.PaymentSetupFailed,
    payments_events_pb2.PaymentSetupRequiresAction,
)
PaymentFact = (
    payments_events_pb2.PaymentSucceeded
    | payments_events_pb2.PaymentFailed
    | payments_events_pb2.PaymentRequiresAction
    | payments_events_pb2.PaymentSetupSucceeded
    | payments_events_pb2.PaymentSetupFailed
    | payments_events_pb2.PaymentSetupRequiresAction
)


def attempt_outcome(fact: PaymentFact) -> AttemptOutcome | ChargeOutcome:
    """The outcome that a fact tells of: of a checkout's attempt, or of a charge of an order without one."""
    if fact.checkout_id:
        return AttemptOutcome(UUID(fact.checkout_id), fact.attempt, _outcome(fact))
    assert not isinstance(fact, SETUP_FACTS), "only checkouts save cards without a charge"
    return ChargeOutcome(UUID(fact.order_id), fact.attempt, _outcome(fact))


def _outcome(fact: PaymentFact) -> Outcome:
    if isinstance(fact, payments_events_pb2.PaymentSucceeded):
        return Succeeded(UUID(fact.payment_id), fact.processor, id_of(fact, "payment_method_id"), fact.amount or None)
    if isinstance(fact, payments_events_pb2.PaymentSetupSucceeded):
        return Succeeded(None, None, UUID(fact.payment_method_id))
    if isinstance(fact, payments_events_pb2.PaymentFailed):
        return Declined(_failure(fact.code, fact.message, text_of(fact, "decline_code")), fact.retryable)
    if isinstance(fact, payments_events_pb2.PaymentSetupFailed):
        return Declined(_failure(fact.code, fact.message, text_of(fact, "decline_code")), retryable=True)
    return ActionNeeded(_action(fact.next_action))


def _failure(code: str, message: str, decline_code: str | None) -> PaymentFailure:
    return PaymentFailure(code or _UNNAMED, message or _UNEXPLAINED, decline_code or None)


def _action(action: payment_pb2.NextAction) -> PaymentAction:
    return PaymentAction(action.processor_client_secret, text_of(action, "redirect_url"))
