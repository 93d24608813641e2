"""Stripe's objects in our words. The only file that knows both, with stripe_processor.py, which knows what to ask."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.payments.domain import declines
from services.payments.domain.attempt import Failure, NextAction, Settlement
from services.payments.domain.outcome import WAIT, Outcome
from services.payments.domain.payment_method import MethodDetails

Json = Mapping[str, Any]

ATTEMPT_KEY = "bursar_payment_id"
"""Where Stripe carries the id of a payment or a setup of ours."""
CUSTOMER_KEY = "bursar_customer_id"
ORGANIZATION_KEY = "bursar_organization_id"

# The status of a PaymentIntent or SetupIntent and the verb that it means; `requires_payment_method` depends on the error.
_VERBS = {
    "succeeded": "succeed",
    "processing": "process",
    "requires_action": "require_action",
    "canceled": "cancel",
}


def outcome_of(intent: Json) -> Outcome:
    """A PaymentIntent or SetupIntent, expanded or as an event shows it."""
    error = intent.get("last_payment_error") or intent.get("last_setup_error")
    verb = _VERBS.get(intent["status"], WAIT)
    if intent["status"] == "requires_payment_method" and error:
        verb = "fail"
    charge = intent.get("latest_charge")
    charge = charge if isinstance(charge, Mapping) else None
    return Outcome(
        verb,
        processor_id=intent["id"],
        amount=intent.get("amount"),
        currency=intent.get("currency"),
        method=_method_type(intent, charge),
        details=_kept_method(intent) if verb == "succeed" else None,
        failure=failure_of(error) if verb == "fail" and error else None,
        next_action=_next_action(intent) if verb == "require_action" else None,
        settlement=settlement_of(charge) if charge else None,
        closed=verb == "cancel",
    )


def failure_of(error: Json) -> Failure:
    """An error object of type card_error, or `last_payment_error`."""
    return declines.declined(error.get("code") or "card_declined", error.get("decline_code"))


def method_details_of(method: Json) -> MethodDetails:
    """A PaymentMethod."""
    card = method.get(method["type"]) if method["type"] == "card" else None
    card = card or {}
    return MethodDetails(
        processor_id=method["id"],
        type=method["type"],
        brand=card.get("brand") or "",
        last4=card.get("last4") or "",
        exp_month=card.get("exp_month") or 0,
        exp_year=card.get("exp_year") or 0,
        country=card.get("country"),
        fingerprint=_fingerprint(card.get("fingerprint")),
    )


def settlement_of(charge: Json) -> Settlement | None:
    """What Stripe booked for a charge, if it has and the booking is expanded."""
    booked = charge.get("balance_transaction")
    if not isinstance(booked, Mapping) or charge.get("status") != "succeeded":
        return None
    return Settlement(
        currency=booked["currency"],
        amount=booked["amount"],
        fee_amount=booked["fee"],
        net_amount=booked["net"],
        settled_at=instant(booked["created"]),
        available_at=instant(booked["available_on"]),
    )


def attempt_id_of(stripe_object: Json) -> UUID | None:
    """Our id of the attempt that an object belongs to."""
    return _named(stripe_object, ATTEMPT_KEY)


def organization_id_of(stripe_object: Json) -> UUID | None:
    """Whose an object is, if it says so."""
    return _named(stripe_object, ORGANIZATION_KEY)


def id_of(reference: object) -> str | None:
    """The id of an object that may be expanded."""
    if isinstance(reference, Mapping):
        return str(reference["id"])
    return reference if isinstance(reference, str) else None


def instant(seconds: int) -> datetime:
    """Stripe's times are whole seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def _named(stripe_object: Json, key: str) -> UUID | None:
    text = (stripe_object.get("metadata") or {}).get(key)
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _fingerprint(card: str | None) -> str | None:
    """Stripe's own names the card to everybody who has a key of the account; a hash of it does for telling cards apart."""
    return hashlib.sha256(f"card:{card}".encode()).hexdigest()[:32] if card else None


def _kept_method(intent: Json) -> MethodDetails | None:
    method = intent.get("payment_method")
    # Only what belongs to the customer can be charged again.
    return method_details_of(method) if isinstance(method, Mapping) and method.get("customer") else None


def _method_type(intent: Json, charge: Json | None) -> str | None:
    method = intent.get("payment_method")
    if isinstance(method, Mapping):
        return str(method["type"])
    details = (charge or {}).get("payment_method_details") or {}
    error = intent.get("last_payment_error") or {}
    return details.get("type") or (error.get("payment_method") or {}).get("type")


def _next_action(intent: Json) -> NextAction:
    redirect = (intent.get("next_action") or {}).get("redirect_to_url") or {}
    return NextAction(redirect.get("url"), intent.get("client_secret") or "")
