"""A story told to the suite: its clock goes from step to step in whichever strides, while anything may be done to the suite."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from uuid import uuid4

from deploy.local.stack import Stack
from tests.life import patience
from tests.life.story import START, Cast, Step, found_cast

_ADVANCE_SECONDS = 120.0
_FINISHED = "CLOCK_ADVANCE_STATUS_FINISHED"

Meanwhile = Callable[[], AbstractContextManager[object]]
"""What is done to the suite during an advance."""


def play(
    stack: Stack, steps: Sequence[Step], until: datetime, *, stride: timedelta | None = None, meanwhile: Meanwhile = nullcontext
) -> Cast:
    """A sandbox of its own in which the steps were done up to `until`. Without a stride each advance goes as far as it can."""
    cast, now = found_cast(stack), START
    for step in steps:
        if step.at > until:
            break
        for to in _strides(now, step.at, stride):
            with meanwhile():
                advance(cast, to)
        now = step.at
        step.do(cast)
        advance(cast, now)
    for to in _strides(now, until, stride):
        with meanwhile():
            advance(cast, to)
    return cast


def advance(cast: Cast, to: datetime) -> None:
    """Until the sandbox has settled there; to its own time to let it settle. The edge answers long ones in parts."""
    request = {"request_id": str(uuid4()), "to": to.isoformat()}
    told: patience.Json = {}
    until = time.monotonic() + _ADVANCE_SECONDS
    while told.get("status") != _FINISHED:
        assert time.monotonic() < until, f"the clock does not come to {to}: {told}"
        told = patience.post(cast.merchant, "clock:advance", request)


def _strides(now: datetime, to: datetime, stride: timedelta | None) -> Iterator[datetime]:
    while stride is not None and now + stride < to:
        now += stride
        yield now
    if now < to:
        yield to
