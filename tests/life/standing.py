"""A subscription as the naive model knows it at an instant, with the orders of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from tests.life.catalog import Discount, Merchant, Product
from tests.life.dates import period
from tests.life.orders import Line, Order


@dataclass(frozen=True)
class Plan:
    """What is sold."""

    product: Product
    quantity: int

    def costs(self) -> list[int]:
        return [price.costs(self.quantity) for price in self.product.prices]


@dataclass
class Standing:
    """All that is known of it; nothing of it moves by itself."""

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
    pauses: bool = False
    resumes_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def current(self) -> Plan:
        assert self.plan is not None
        return self.plan

    def _begin(self, number: int) -> None:
        assert self.anchor is not None
        self.number = number
        self.start, self.end = period(self.anchor, *self.current.product.pace, self.merchant.zone, number)

    def _apply_pending(self) -> None:
        if self.pending is not None:
            product, quantity = self.pending
            self.plan = Plan(product or self.current.product, self.current.quantity if quantity is None else quantity)
            self.pending = None

    def _discount_of_cycle(self) -> Discount | None:
        if self.discount_left == 0:
            self.discount = None
        if self.discount is not None and self.discount_left is not None:
            self.discount_left -= 1
        self.period_discount = self.discount
        return self.discount
