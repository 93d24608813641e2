"""What payments says, as outcomes."""

from __future__ import annotations

from uuid import uuid4

import pytest
from bursar.payments.v1 import payment_pb2

from services.checkout.domain.payment import ActionNeeded, Declined, Outcome, PaymentAction, Succeeded, Undecided
from services.checkout.messages.outcome import payment_outcome, setup_outcome

PAYMENT, METHOD = uuid4(), uuid4()
STATUSES = payment_pb2.PaymentStatus
UNDECIDED = ("UNSPECIFIED", "PENDING", "PROCESSING", "UNKNOWN")


@pytest.mark.parametrize("name", UNDECIDED)
def test_what_is_not_over_is_undecided(name: str) -> None:
    assert payment_outcome(payment_pb2.Payment(status=STATUSES.Value(f"PAYMENT_STATUS_{name}"))) == Undecided()
    assert setup_outcome(payment_pb2.Setup(status=payment_pb2.SetupStatus.Value(f"SETUP_STATUS_{name}"))) == Undecided()


def test_every_status_has_an_outcome() -> None:
    kinds: dict[str, type[Outcome]] = dict.fromkeys(UNDECIDED, Undecided)
    kinds |= {"SUCCEEDED": Succeeded, "FAILED": Declined, "CANCELED": Declined, "REQUIRES_ACTION": ActionNeeded}
    for name, number in STATUSES.items():
        outcome = payment_outcome(payment_pb2.Payment(id=str(PAYMENT), status=number))
        assert type(outcome) is kinds[name.removeprefix("PAYMENT_STATUS_")]


def test_a_success_says_by_what_it_was_paid() -> None:
    payment = payment_pb2.Payment(
        id=str(PAYMENT), status=payment_pb2.PAYMENT_STATUS_SUCCEEDED, processor="stripe", payment_method_id=str(METHOD), amount=1190
    )
    setup = payment_pb2.Setup(id=str(PAYMENT), status=payment_pb2.SETUP_STATUS_SUCCEEDED, payment_method_id=str(METHOD))
    assert payment_outcome(payment) == Succeeded(PAYMENT, "stripe", METHOD, 1190)
    assert setup_outcome(setup) == Succeeded(None, None, METHOD)


def test_a_decline_always_has_something_to_tell_the_buyer() -> None:
    outcome = payment_outcome(payment_pb2.Payment(status=payment_pb2.PAYMENT_STATUS_FAILED))
    assert isinstance(outcome, Declined)
    assert outcome.failure.code
    assert outcome.failure.message


def test_what_the_buyer_has_to_do() -> None:
    action = payment_pb2.NextAction(processor_client_secret="secret")
    payment = payment_pb2.Payment(status=payment_pb2.PAYMENT_STATUS_REQUIRES_ACTION, next_action=action)
    assert payment_outcome(payment) == ActionNeeded(PaymentAction("secret", None))
