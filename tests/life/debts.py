"""How the naive model bills a period and gets the money, or does not: orders, the balance, a list of unpaid ones for dunning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.life.catalog import Discount
from tests.life.orders import Line, Order, make_order
from tests.life.standing import Standing

DELIVERED = ("subscription_cycle", "subscription_update")
"""What is billed after it was there. A change that is charged first is undone where it is charged, and costs nobody what they have."""


@dataclass
class Debts(Standing):
    """Bills, charges, tries again and gives up."""

    def _bill_period(self, now: datetime, reason: str = "subscription_cycle") -> None:
        assert self.start is not None
        assert self.end is not None
        lines = [Line(amount, self.start, self.end) for amount in self.current.costs()]
        self._bill(now, reason, lines, self._discount_of_cycle())

    def _bill(self, now: datetime, reason: str, lines: list[Line], discount: Discount | None = None) -> None:
        order = make_order(self.merchant, now, reason, [*self.waiting, *lines], discount, self.balance)
        self.waiting = []
        self.orders.append(order)
        self.balance += order.applied_balance
        self._charge(order, now)

    def _charge(self, order: Order, now: datetime) -> bool:
        if order.due == 0 or self.card == "good":
            order.status, order.retries, order.given_up_at = "paid", [], None
            self._recover(now)
            return True
        if order.past_due_at is None:
            order.past_due_at = now
            order.retries = [now + timedelta(days=days) for days in self.merchant.dunning_days]
            if order.reason in ("subscription_cycle", "subscription_create") and self.status == "active":
                self.status = "past_due"
        if self.card == "lost":
            order.given_up_at, order.retries = order.past_due_at + timedelta(days=self.merchant.dunning_days[-1]), []
        return False

    def _charges_due(self) -> list[datetime | None]:
        unpaid = [order for order in self.orders if order.status == "pending"]
        return [at for order in unpaid for at in (*order.retries[:1], order.given_up_at)]

    def _dun(self, order: Order, now: datetime) -> None:
        if order.given_up_at is not None and order.given_up_at <= now:
            self._exhaust(order, now)
        elif order.retries and order.retries[0] <= now and order.status == "pending":
            order.retries = order.retries[1:]
            if not self._charge(order, now) and not order.retries and order.given_up_at is None:
                self._exhaust(order, now)

    def _exhaust(self, order: Order, now: datetime) -> None:
        order.retries, order.given_up_at = [], None
        if self.merchant.unpaid == "keep":
            self.status = "unpaid"
        else:
            self._void(order)
            self._finish(now)

    def _recover(self, now: datetime) -> None:
        owes = any(order.status == "pending" and order.past_due_at is not None for order in self.orders)
        if self.status not in ("past_due", "unpaid") or owes:
            return
        was_unpaid, self.status = self.status == "unpaid", "active"
        assert self.end is not None
        if was_unpaid and self.end <= now:
            self._restart(now)

    def _restart(self, now: datetime) -> None:
        """Periods are counted from now on."""
        self.anchor = now
        if self.status == "paused":
            self.status, self.resumes_at = "active", None
        self._apply_pending()
        self._begin(0)
        self._bill_period(now)

    def _void(self, order: Order) -> None:
        order.status, order.retries, order.given_up_at = "void", [], None
        if order.reason in DELIVERED:
            self.balance -= max(0, min(self.balance, order.due))
        self.balance -= order.applied_balance

    def _finish(self, now: datetime) -> None:
        self.status, self.ended_at, self.waiting, self.pending = "canceled", now, [], None
        for order in self.orders:
            if order.status == "pending":
                self._void(order)
