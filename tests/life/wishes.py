"""More of what people do to a subscription, wrong moves included; together with operations.py that is all of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tests.life.catalog import Discount
from tests.life.operations import Operation


@dataclass(frozen=True)
class ChangeDiscount(Operation):
    """From the next period on; None takes it away."""

    discount: Discount | None


@dataclass(frozen=True)
class EndTrial(Operation):
    """Now."""


@dataclass(frozen=True)
class MoveTrialEnd(Operation):
    to: datetime


@dataclass(frozen=True)
class MovePeriodEnd(Operation):
    to: datetime


@dataclass(frozen=True)
class UnschedulePause(Operation):
    pass


@dataclass(frozen=True)
class RetryPayment(Operation):
    """Of the newest order."""
