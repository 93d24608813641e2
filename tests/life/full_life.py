"""The naive model with every operation in it, and with the reasons why a move is refused; a refused move changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tests.life.catalog import Discount, Product
from tests.life.dates import later, period
from tests.life.model import Life, snake
from tests.life.operations import ChangeProduct, ChangeQuantity, Operation, Revoke, Subscribe
from tests.life.orders import Line
from tests.life.refusals import CHANGES, refusal
from tests.life.standing import Plan
from tests.life.wishes import ChangeDiscount, EndTrial, MovePeriodEnd, MoveTrialEnd, RetryPayment, UnschedulePause


@dataclass
class FullLife(Life):
    """`do` one thing after the other."""

    retried: dict[int, int] = field(default_factory=dict)
    trial_start: datetime | None = None

    def do(self, operation: Operation) -> str:
        """Time passes until the operation, which is done; or the reason why it is not."""
        self.pass_time(operation.at)
        refused = refusal(self, operation, self.retried.get(len(self.orders), 0))
        if refused:
            return refused
        known = len(self.orders)
        getattr(self, f"_{snake(type(operation).__name__)}")(operation)
        charged = self.orders[known:] if isinstance(operation, CHANGES) else []
        return "PAYMENT_FAILED" if any(order.status == "void" for order in charged) else ""

    def _subscribe(self, operation: Subscribe) -> None:
        self.trial_start = operation.at if operation.product.trial_days else None
        super()._subscribe(operation)

    def _revoke(self, operation: Revoke) -> None:
        if self.status != "canceled":
            super()._revoke(operation)

    def _finish(self, now: datetime) -> None:
        self.pauses = False
        super()._finish(now)

    def _unschedule_pause(self, operation: UnschedulePause) -> None:
        self.pauses, self.resumes_at = False, None

    def _retry_payment(self, operation: RetryPayment) -> None:
        """It counts for nothing but itself."""
        order = self.orders[-1]
        self.retried[len(self.orders)] = self.retried.get(len(self.orders), 0) + 1
        if self.card == "good":
            self._charge(order, operation.at)

    def _end_trial(self, operation: EndTrial) -> None:
        self.status, self.anchor = "active", operation.at
        self._begin(0)
        self._bill_period(operation.at)

    def _move_trial_end(self, operation: MoveTrialEnd) -> None:
        if self.status != "trialing":
            self.status, self.start, self.trial_start = "trialing", operation.at, operation.at
        self.anchor, self.number, self.end = operation.to, -1, operation.to

    def _move_period_end(self, operation: MovePeriodEnd) -> None:
        self.anchor, self.number, self.end = operation.to, -1, operation.to

    def _change_discount(self, operation: ChangeDiscount) -> None:
        self.discount, self.discount_left = operation.discount, None
        if operation.discount is not None:
            assert self.anchor is not None
            begins = later(self.anchor, self.current.product.interval, self.current.product.count * (self.number + 1), self.merchant.zone)
            self.discount_left = _cycles(operation.discount, begins, self)

    def _change_product(self, operation: ChangeProduct) -> None:
        if operation.behavior == "next_period":
            same = operation.product == self.current.product
            self.pending = None if same else (operation.product, None)
        elif operation.product == self.current.product:
            self.pending = None
        elif self.status == "trialing":
            self._change_in_trial(operation)
        else:
            super()._change_product(operation)

    def _change_in_trial(self, operation: ChangeProduct) -> None:
        """Another product brings its own trial, from the start of this one."""
        assert self.trial_start is not None
        self.pending = None
        self._recount(operation.product)
        self.plan = Plan(operation.product, self.current.quantity)
        end = self.trial_start + timedelta(days=operation.product.trial_days)
        if end <= operation.at:
            self._end_trial(EndTrial(operation.at))
        else:
            self.anchor, self.number, self.end = end, -1, end

    def _change_quantity(self, operation: ChangeQuantity) -> None:
        scheduled = self.pending[0] if self.pending else None
        same = operation.quantity == self.current.quantity
        if same or operation.behavior == "next_period" or self.status != "trialing":
            super()._change_quantity(operation)
        else:
            self.pending = (scheduled, None) if scheduled else None
            self.plan = replace(self.current, quantity=operation.quantity)

    def _prorate(self, operation: ChangeProduct | ChangeQuantity, after: Plan, lines: list[Line]) -> None:
        lines = [line for line in lines if line.amount]
        discount = self.period_discount if isinstance(operation, ChangeQuantity) else self._debit_discount()
        if operation.behavior == "prorate" or not lines:
            self.plan, self.waiting = after, [*self.waiting, *lines]
        elif not self._charge_first(operation.at, after, lines):
            return
        self.period_discount = discount

    def _debit_discount(self) -> Discount | None:
        """What the rest of the period is reduced by after a change of product."""
        used_up = self.discount_left == 0 and self.discount != self.period_discount
        return None if used_up else self.discount

    def _debits(self, now: datetime, plan: Plan) -> list[Line]:
        return [self._part(now, each) for each in self._effective(plan, self._debit_discount())]

    def _reset(self, now: datetime, after: Plan) -> None:
        left, discount, period_discount = self.discount_left, self.discount, self.period_discount
        scheduled = self.pending
        credits = self._credits(now, self.current)
        start, end = period(now, *after.product.pace, self.merchant.zone, 0)
        self._recount(after.product)
        if start == self.start:
            reduces, order_discount = self._debit_discount(), None
            full = [Line(amount, start, end, proration=True) for amount in self._effective(after, reduces)]
        else:
            order_discount = self._discount_of_cycle()
            reduces, full = order_discount, [Line(amount, start, end) for amount in after.costs()]
        lines = [line for line in (*credits, *full) if line.amount]
        if self._charge_first(now, after, lines, order_discount):
            kept = scheduled if scheduled and after.product == self.current.product and scheduled[0] else None
            self.anchor, self.period_discount = now, reduces
            self.pending = (kept[0], None) if kept else None
            self._begin(0)
        else:
            self.discount_left, self.discount, self.period_discount = left, discount, period_discount

    def _apply_pending(self) -> None:
        if self.pending is not None and self.pending[0] is not None:
            self._recount(self.pending[0])
        super()._apply_pending()

    def _recount(self, product: Product) -> None:
        """Periods of another length: as many cycles as begin in what is left of a discount's months."""
        if self.discount is None or not isinstance(self.discount.lasts, int) or not self.discount_left:
            return
        days = self.discount_left * self.current.product.count * _DAYS[self.current.product.interval]
        self.discount_left = -(-days // (product.count * _DAYS[product.interval]))

    def _turn(self, now: datetime) -> None:
        if self.status in ("past_due", "trialing") and self.pauses and not self.cancels:
            self._renew_in_spite_of_pause(now)
            return
        renews = self.status in ("active", "past_due") and not self.cancels and not self.pauses
        target = self.pending[0] if self.pending else None
        if renews and target and target.pace != self.current.product.pace:
            self._restart(now)
        else:
            super()._turn(now)
        self._owe()

    def _renew_in_spite_of_pause(self, now: datetime) -> None:
        """Only what is active rests."""
        self.pauses, resumes_at = False, self.resumes_at
        self._turn(now)
        self.pauses, self.resumes_at = True, resumes_at

    def _owe(self) -> None:
        """What comes back from a rest or a trial with an old debt is past due at once."""
        owes = any(order.status == "pending" and order.past_due_at is not None for order in self.orders)
        if self.status == "active" and owes:
            self.status = "past_due"


_DAYS = {"day": 1, "week": 7, "month": 30, "year": 360}
"""A month as banks count it."""


def _cycles(discount: Discount, begins: datetime, life: FullLife) -> int | None:
    """How many periods from `begins` on it reduces."""
    if not isinstance(discount.lasts, int):
        return discount.cycles(begins, life.current.product.pace, life.merchant.zone)
    assert life.anchor is not None
    interval, count = life.current.product.pace
    end, number = later(begins, "month", discount.lasts, life.merchant.zone), 0
    while later(life.anchor, interval, count * (life.number + 1 + number), life.merchant.zone) < end:
        number += 1
    return number
