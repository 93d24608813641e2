"""Requests and values for tests, complete unless told otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bursar.payments.v1 import payment_pb2, payment_service_pb2

from services.chassis.ids import new_id
from services.payments.domain.attempt import PENDING, Attempt, Kind
from services.payments.domain.due import LEASE

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def payment_request(**given: Any) -> payment_service_pb2.CreatePaymentRequest:
    """A purchase of 10.00 usd with a good card."""
    customer = payment_service_pb2.PaymentCustomer(customer_id=str(new_id()), email="ada@example.com", name="Ada")
    fields: dict[str, Any] = {
        "payment_id": str(new_id()),
        "order_id": str(new_id()),
        "attempt": 1,
        "trigger": payment_pb2.PAYMENT_TRIGGER_PURCHASE,
        "amount": 1000,
        "currency": "usd",
        "customer": customer,
    }
    if "payment_method_id" not in given and "saved_payment_method" not in given:
        fields["confirmation_token_id"] = "pm_card_visa"
    return payment_service_pb2.CreatePaymentRequest(**fields | given)


def setup_request(**given: Any) -> payment_service_pb2.CreateSetupRequest:
    customer = payment_service_pb2.PaymentCustomer(customer_id=str(new_id()), email="ada@example.com")
    fields: dict[str, Any] = {
        "setup_id": str(new_id()),
        "checkout_id": str(new_id()),
        "attempt": 1,
        "customer": customer,
        "confirmation_token_id": "pm_card_visa",
    }
    return payment_service_pb2.CreateSetupRequest(**fields | given)


def look_up(request: payment_service_pb2.CreatePaymentRequest) -> payment_service_pb2.LookUpPaymentRequest:
    return payment_service_pb2.LookUpPaymentRequest(order_id=request.order_id, attempt=request.attempt)


def cancel(request: payment_service_pb2.CreatePaymentRequest) -> payment_service_pb2.CancelPaymentRequest:
    return payment_service_pb2.CancelPaymentRequest(order_id=request.order_id, attempt=request.attempt)


def payment(**given: Any) -> Attempt:
    """A payment that was just begun."""
    attempt = Attempt(
        id=new_id(),
        organization_id=new_id(),
        kind=Kind.PAYMENT,
        status=PENDING,
        customer_id=new_id(),
        subject_id=new_id(),
        checkout_id=None,
        number=1,
        source="pm_card_visa",
        off_session=False,
        keep_method=False,
        created_at=NOW,
        modified_at=NOW,
        asked_at=NOW,
        due_at=NOW + LEASE,
        trigger="purchase",
        amount=1000,
        currency="usd",
    )
    return replace(attempt, **given)


def setup(**given: Any) -> Attempt:
    """A setup that was just begun."""
    values: dict[str, Any] = {"checkout_id": new_id(), "keep_method": True, "trigger": None, "amount": None, "currency": None}
    return payment(kind=Kind.SETUP, **values | given)
