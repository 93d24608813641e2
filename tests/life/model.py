"""A subscription's money as the rules say it, one instant after the other, sharing no code with the services.

Written from the billing rules: naive dates on wall time, fractions for proration, a list of unpaid orders for dunning. Everything is
decided the slow and obvious way; speed, races and storage are not its subject. `Life` is what time and people do; what it does it to is
`standing`, how that is paid for `debts`, what a change of it costs `changes`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.life.changes import Changes
from tests.life.operations import (
    AdjustBalance,
    Cancel,
    ClearPendingUpdate,
    Operation,
    Pause,
    Resume,
    Revoke,
    Subscribe,
    Uncancel,
    UseCard,
)
from tests.life.orders import Line, Order
from tests.life.standing import Plan

ENDLESS = 10_000
"""More instants than any scenario has."""


@dataclass
class Life(Changes):
    """One customer's subscription; `live` it, then look."""

    def live(self, operations: Iterable[Operation], until: datetime) -> Life:
        """Do everything that people do and that time does, in order."""
        for operation in sorted(operations, key=lambda each: each.at):
            self.pass_time(operation.at)
            getattr(self, f"_{snake(type(operation).__name__)}")(operation)
        self.pass_time(until)
        return self

    # Time.

    def pass_time(self, until: datetime) -> None:
        for _ in range(ENDLESS):
            dues = [at for at in (*self._charges_due(), self._own_due()) if at is not None and at <= until]
            if not dues:
                return
            now = min(dues)
            for order in [order for order in self.orders if order.status == "pending"]:
                self._dun(order, now)
            if (due := self._own_due()) is not None and due <= now:
                self._turn(now)
        raise AssertionError("time stands still")

    def _own_due(self) -> datetime | None:
        if self.status in ("none", "canceled") or (self.status == "unpaid" and not self.cancels):
            return None
        return self.resumes_at if self.status == "paused" else self.end

    def _turn(self, now: datetime) -> None:
        """The end of a period, a trial or a pause."""
        if self.status == "paused":
            self._restart(now)
        elif self.cancels:
            if self.waiting:
                self._bill(now, "subscription_update", [])
            self._finish(now)
        elif self.pauses:
            self.status, self.pauses = "paused", False
        elif self.status == "trialing":
            self.status = "active"
            self._restart(now)
        else:
            self._apply_pending()
            self._begin(self.number + 1)
            self._bill_period(now)

    # People.

    def _subscribe(self, operation: Subscribe) -> None:
        self.plan = Plan(operation.product, operation.seats if operation.seats is not None else operation.units or 0)
        self.anchor, self.discount = operation.at, operation.discount
        trial = operation.product.trial_days
        if trial:
            self.status, self.start, self.end = "trialing", operation.at, operation.at + timedelta(days=trial)
            self.orders.append(Order(operation.at, "subscription_create", [Line(0, self.start, self.end)], 0, 0, 0, 0, "paid"))
            begins = self.end
        else:
            self.status, begins = "active", operation.at
        if self.discount is not None:
            self.discount_left = self.discount.cycles(begins, self.current.product.pace, self.merchant.zone)
        if not trial:
            self._begin(0)
            self._bill_period(operation.at, "subscription_create")

    def _clear_pending_update(self, operation: ClearPendingUpdate) -> None:
        self.pending = None

    def _cancel(self, operation: Cancel) -> None:
        self.cancels = True

    def _uncancel(self, operation: Uncancel) -> None:
        self.cancels = False

    def _revoke(self, operation: Revoke) -> None:
        self._finish(operation.at)

    def _pause(self, operation: Pause) -> None:
        self.pauses, self.resumes_at = True, operation.resumes_at

    def _resume(self, operation: Resume) -> None:
        self._restart(operation.at)

    def _use_card(self, operation: UseCard) -> None:
        self.card = operation.card
        if operation.card == "good":
            for order in [order for order in self.orders if order.status == "pending" and order.past_due_at is not None]:
                self._charge(order, operation.at)

    def _adjust_balance(self, operation: AdjustBalance) -> None:
        self.balance += operation.amount


def snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
