"""A subscription's money as the rules say it, one instant after the other, sharing no code with the services.

Written from the billing rules: naive dates on wall time, fractions for proration, a list of unpaid orders for dunning. Everything is
decided the slow and obvious way; speed, races and storage are not its subject.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction

from tests.life.catalog import Discount, Merchant, Product, rounded
from tests.life.dates import period
from tests.life.operations import (
    AdjustBalance,
    Cancel,
    ChangeProduct,
    ChangeQuantity,
    ClearPendingUpdate,
    Operation,
    Pause,
    Resume,
    Revoke,
    Subscribe,
    Uncancel,
    UseCard,
)
from tests.life.orders import Line, Order, make_order

ENDLESS = 10_000
"""More instants than any scenario has."""


@dataclass(frozen=True)
class Plan:
    """What is sold."""

    product: Product
    quantity: int

    def costs(self) -> list[int]:
        return [price.costs(self.quantity) for price in self.product.prices]


@dataclass
class Life:
    """One customer's subscription; `live` it, then look."""

    merchant: Merchant = field(default_factory=Merchant)
    orders: list[Order] = field(default_factory=list)
    status: str = "none"
    balance: int = 0
    card: str = "good"
    plan: Plan | None = None
    anchor: datetime | None = None
    number: int = 0
    start: datetime | None = None
    end: datetime | None = None
    discount: Discount | None = None
    discount_left: int | None = None
    period_discount: Discount | None = None
    """What the period was billed with, for credits."""
    waiting: list[Line] = field(default_factory=list)
    """Lines for the next order."""
    pending: tuple[Product | None, int | None] | None = None
    cancels: bool = False
    canceled_at: datetime | None = None
    pauses: bool = False
    resumes_at: datetime | None = None
    ended_at: datetime | None = None

    def live(self, operations: Iterable[Operation], until: datetime) -> Life:
        """Do everything that people do and that time does, in order."""
        for operation in sorted(operations, key=lambda each: each.at):
            self.pass_time(operation.at)
            getattr(self, f"_{snake(type(operation).__name__)}")(operation)
        self.pass_time(until)
        return self

    @property
    def current(self) -> Plan:
        assert self.plan is not None
        return self.plan

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

    def _charges_due(self) -> list[datetime | None]:
        unpaid = [order for order in self.orders if order.status == "pending"]
        return [at for order in unpaid for at in (*order.retries[:1], order.given_up_at)]

    def _own_due(self) -> datetime | None:
        if self.status in ("none", "canceled", "unpaid"):
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

    def _restart(self, now: datetime) -> None:
        """Periods are counted from now on."""
        self.status, self.anchor, self.resumes_at = ("active" if self.status == "paused" else self.status), now, None
        self._apply_pending()
        self._begin(0)
        self._bill_period(now)

    def _begin(self, number: int) -> None:
        assert self.anchor is not None
        self.number = number
        self.start, self.end = period(self.anchor, *self.current.product.pace, self.merchant.zone, number)

    def _apply_pending(self) -> None:
        if self.pending is not None:
            product, quantity = self.pending
            self.plan = Plan(product or self.current.product, self.current.quantity if quantity is None else quantity)
            self.pending = None

    # Money.

    def _bill_period(self, now: datetime, reason: str = "subscription_cycle") -> None:
        assert self.start is not None
        assert self.end is not None
        lines = [Line(amount, self.start, self.end) for amount in self.current.costs()]
        self._bill(now, reason, lines, self._discount_of_cycle())

    def _discount_of_cycle(self) -> Discount | None:
        if self.discount_left == 0:
            self.discount = None
        if self.discount is not None and self.discount_left is not None:
            self.discount_left -= 1
        self.period_discount = self.discount
        return self.discount

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

    def _void(self, order: Order) -> None:
        order.status, order.retries, order.given_up_at = "void", [], None
        self.balance -= order.applied_balance

    def _finish(self, now: datetime) -> None:
        self.status, self.ended_at, self.waiting, self.pending = "canceled", now, [], None
        for order in self.orders:
            if order.status == "pending":
                self._void(order)

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
        old, new = (self._effective(plan, self.period_discount) for plan in (self.current, after))
        lines = [self._part(now, late - early) for early, late in zip(old, new, strict=True) if late != early]
        return [line for line in lines if line.amount]

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

    def _clear_pending_update(self, operation: ClearPendingUpdate) -> None:
        self.pending = None

    def _cancel(self, operation: Cancel) -> None:
        self.cancels, self.canceled_at = True, operation.at

    def _uncancel(self, operation: Uncancel) -> None:
        self.cancels, self.canceled_at = False, None

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
