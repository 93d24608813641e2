"""What callers are told."""

from __future__ import annotations

from uuid import UUID

from services.chassis.errors import AlreadyExists, Invalid, NotFound, NotPossibleNow


def payment_not_found() -> NotFound:
    return NotFound("PAYMENT_NOT_FOUND", "there is no such payment")


def setup_not_found() -> NotFound:
    return NotFound("SETUP_NOT_FOUND", "there is no such setup")


def payment_method_not_found(payment_method_id: UUID) -> NotFound:
    return NotFound("PAYMENT_METHOD_NOT_FOUND", "there is no such payment method", details={"id": str(payment_method_id)})


def payment_method_missing() -> Invalid:
    return Invalid("PAYMENT_METHOD_MISSING", "this is neither a confirmation token nor a payment method", field="confirmation_token_id")


def attempt_mismatch(kind: str, field: str) -> Invalid:
    """The attempt exists with other content: the pair that names it was used for something else."""
    reason = "PAYMENT_AMOUNT_MISMATCH" if field in ("amount", "currency") else "ATTEMPT_MISMATCH"
    return Invalid(reason, f"this attempt exists with another {field}; use the next attempt for a new {kind}", field=field)


def attempt_id_taken(kind: str) -> AlreadyExists:
    return AlreadyExists("ATTEMPT_ID_TAKEN", f"another {kind} has this id")


def payment_not_cancelable(status: str) -> NotPossibleNow:
    return NotPossibleNow("PAYMENT_NOT_CANCELABLE", f"the payment is {status} and cannot be given up now", details={"status": status})
