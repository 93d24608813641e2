"""The errors that a caller is told of. Anything else is a defect and answers INTERNAL.

    BursarError
      Invalid          the request is wrong whatever the state            INVALID_ARGUMENT
      NotFound         nothing there, or another organization's           NOT_FOUND
      AlreadyExists    something with that name is there                  ALREADY_EXISTS
      NotPossibleNow   right in another state                             FAILED_PRECONDITION
      Conflict         somebody else is changing it; try again            ABORTED
      Unauthenticated  nobody knows who is calling                        UNAUTHENTICATED
      Forbidden        known, but not allowed                             PERMISSION_DENIED
      Exhausted        too much at once; try again later                  RESOURCE_EXHAUSTED
      Unavailable      a part of the suite does not answer; try again     UNAVAILABLE

A reason is upper snake case and stable; the list of all reasons is docs/error-reasons.txt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """What is wrong with one field of a request, by its path in the message, e.g. `prices[0].fixed.price_amount`."""

    field: str
    description: str


class BursarError(Exception):
    """Base of all errors that callers see."""

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        field: str | None = None,
        violations: Sequence[FieldViolation] = (),
        details: Mapping[str, str] | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.violations = tuple(violations) if field is None else (FieldViolation(field, message), *violations)
        self.details = dict(details or {})
        self.retry_after_seconds = retry_after_seconds


class Invalid(BursarError):
    """The request is wrong whatever the state."""


class NotFound(BursarError):
    """Nothing there, or it belongs to another organization."""


class AlreadyExists(BursarError):
    """Something with that name is there."""


class NotPossibleNow(BursarError):
    """Right in another state."""


class Conflict(BursarError):
    """Somebody else is changing it; the same request may succeed in a moment."""


class Unauthenticated(BursarError):
    """Nobody knows who is calling."""


class Forbidden(BursarError):
    """The caller is known and may not do this."""


class Exhausted(BursarError):
    """Too much at once; the same request may succeed later."""


class Unavailable(BursarError):
    """A part of the suite does not answer; the same request may succeed later."""
