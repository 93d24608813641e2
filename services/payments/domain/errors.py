"""What callers are told."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from services.chassis.errors import AlreadyExists, BursarError, FieldViolation, Invalid, NotFound, NotPossibleNow

E = TypeVar("E", bound=BursarError)


def payment_not_found() -> NotFound:
    return NotFound("PAYMENT_NOT_FOUND", "there is no such payment")


def setup_not_found() -> NotFound:
    return NotFound("SETUP_NOT_FOUND", "there is no such setup")


def within(path: str, error: E) -> E:
    """The error of one of many, naming the field where it stands, e.g. `payments[3].amount`."""
    error.violations = tuple(FieldViolation(f"{path}.{each.field}", each.description) for each in error.violations)
    return error


def payment_method_not_found(payment_method_id: UUID, *, field: str | None = None) -> NotFound:
    return NotFound("PAYMENT_METHOD_NOT_FOUND", "there is no such payment method", field=field, details={"id": str(payment_method_id)})


def payment_method_missing() -> Invalid:
    return Invalid("PAYMENT_METHOD_MISSING", "this is neither a confirmation token nor a payment method", field="confirmation_token_id")


def payment_method_not_saved() -> Invalid:
    return Invalid("PAYMENT_METHOD_MISSING", "nobody is there to confirm it: name a saved payment method", field="confirmation_token_id")


def attempt_mismatch(kind: str, field: str) -> Invalid:
    """The attempt exists with other content: the pair that names it was used for something else."""
    reason = "PAYMENT_AMOUNT_MISMATCH" if field in ("amount", "currency") else "ATTEMPT_MISMATCH"
    return Invalid(reason, f"this attempt exists with another {field}; use the next attempt for a new {kind}", field=field)


def attempt_id_taken(kind: str) -> AlreadyExists:
    return AlreadyExists("ATTEMPT_ID_TAKEN", f"another {kind} has this id")


def payment_not_cancelable(status: str) -> NotPossibleNow:
    return NotPossibleNow("PAYMENT_NOT_CANCELABLE", f"the payment is {status} and cannot be given up now", details={"status": status})
