"""The time that is left for the call in hand. The server sets it, channels and transactions keep to it."""

from __future__ import annotations

import time
from contextvars import ContextVar

_until: ContextVar[float | None] = ContextVar("deadline", default=None)
UNBOUNDED_SECONDS = 60.0
"""What background work gets for one step."""


def set_deadline(seconds: float) -> None:
    """The call in hand has `seconds` from now."""
    _until.set(time.monotonic() + seconds)


def remaining_seconds() -> float:
    """What is left, never below 1 ms, so that a late step fails by its own time-out and not by arithmetic."""
    until = _until.get()
    return UNBOUNDED_SECONDS if until is None else max(0.001, until - time.monotonic())
