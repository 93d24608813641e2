"""What another product or quantity costs in the naive model: fractions of the period by the second, and what is charged first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from tests.life.catalog import Discount, rounded
from tests.life.dates import period
from tests.life.debts import Debts
from tests.life.operations import ChangeProduct, ChangeQuantity
from tests.life.orders import Line
from tests.life.standing import Plan


@dataclass
class Changes(Debts):
    """Prorates, invoices, schedules and resets."""

    def _change_product(self, operation: ChangeProduct) -> None:
        after = Plan(operation.product, self.current.quantity)
        if operation.behavior == "next_period":
            self.pending = (operation.product, self.pending[1] if self.pending else None)
        elif operation.behavior == "reset" or operation.product.pace != self.current.product.pace:
            self._reset(operation.at, after)
        else:
            self.pending = None
            self._prorate(operation, after, [*self._credits(operation.at, self.current), *self._debits(operation.at, after)])

    def _change_quantity(self, operation: ChangeQuantity) -> None:
        after = replace(self.current, quantity=operation.quantity)
        scheduled = self.pending[0] if self.pending else None
        if after.quantity == self.current.quantity:
            self.pending = (scheduled, None) if scheduled else None
        elif operation.behavior == "next_period":
            self.pending = (scheduled, operation.quantity)
        elif operation.behavior == "reset":
            self._reset(operation.at, after)
        else:
            self.pending = (scheduled, None) if scheduled else None
            self._prorate(operation, after, self._difference(operation.at, after))

    def _prorate(self, operation: ChangeProduct | ChangeQuantity, after: Plan, lines: list[Line]) -> None:
        if self.status == "trialing":
            self.plan = after
        elif operation.behavior == "prorate":
            self.plan, self.waiting = after, [*self.waiting, *lines]
        else:
            self._charge_first(operation.at, after, lines)

    def _charge_first(self, now: datetime, after: Plan, lines: list[Line], discount: Discount | None = None) -> bool:
        """The change holds when it is paid, and never was when it is not."""
        before, waited, number = self.balance, list(self.waiting), len(self.orders)
        if not [*waited, *lines]:
            self.plan = after
            return True
        self._bill(now, "subscription_update", lines, discount)
        if self.orders[number].status == "paid":
            self.plan = after
            return True
        order = self.orders[number]
        order.status, order.retries, order.given_up_at, order.past_due_at = "void", [], None, None
        self.balance, self.waiting = before, waited
        return False

    def _reset(self, now: datetime, after: Plan) -> None:
        assert self.end is not None
        credits = [] if self.status == "trialing" else self._credits(now, self.current)
        start, end = period(now, *after.product.pace, self.merchant.zone, 0)
        left, discount = self.discount_left, self._discount_of_cycle()
        full = [Line(amount, start, end) for amount in after.costs()]
        if self._charge_first(now, after, [*credits, *full], discount):
            self.anchor, self.pending, self.status = now, None, "active" if self.status == "trialing" else self.status
            self._begin(0)
        else:
            self.discount_left = left

    def _credits(self, now: datetime, plan: Plan) -> list[Line]:
        return [self._part(now, -each) for each in self._effective(plan, self.period_discount)]

    def _debits(self, now: datetime, plan: Plan) -> list[Line]:
        return [self._part(now, each) for each in self._effective(plan, self.period_discount)]

    def _difference(self, now: datetime, after: Plan) -> list[Line]:
        """Return one line, rounded once, for what another quantity costs over all prices; none if it costs nothing."""
        old, new = (sum(self._effective(plan, self.period_discount)) for plan in (self.current, after))
        line = self._part(now, new - old)
        return [line] if line.amount else []

    @staticmethod
    def _effective(plan: Plan, discount: Discount | None) -> list[int]:
        costs = plan.costs()
        off = discount.of(costs) if discount else [0] * len(costs)
        return [cost - less for cost, less in zip(costs, off, strict=True)]

    def _part(self, now: datetime, amount: int) -> Line:
        """For the rest of the period, by the second."""
        assert self.start is not None
        assert self.end is not None
        rest, whole = int((self.end - now).total_seconds()), int((self.end - self.start).total_seconds())
        return Line(rounded(Fraction(amount * rest, whole)), now, self.end, proration=True)
