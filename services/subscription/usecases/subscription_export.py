"""Subscriptions as a file: what a row is made of, and its columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.chassis.csv_export import Table
from services.chassis.money import Money


@dataclass(frozen=True, slots=True)
class ExportedSubscription:
    """A subscription with the names of what it refers to."""

    id: UUID
    created_at: datetime
    status: str
    email: str | None
    customer_name: str | None
    product_name: str
    discount_name: str | None
    amount: int
    currency: str
    recurring_interval: str
    recurring_interval_count: int
    seats: int | None
    started_at: datetime
    current_period_start: datetime
    current_period_end: datetime
    trial_start: datetime | None
    trial_end: datetime | None
    cancel_at_period_end: bool
    canceled_at: datetime | None
    ends_at: datetime | None
    ended_at: datetime | None
    customer_cancellation_reason: str

    @property
    def interval(self) -> str:
        """`month`, or `3 months`."""
        count = self.recurring_interval_count
        return self.recurring_interval if count == 1 else f"{count} {self.recurring_interval}s"


SUBSCRIPTIONS: Table[ExportedSubscription] = Table(
    {
        "email": lambda row: row.email,
        "started_at": lambda row: row.started_at,
        "product": lambda row: row.product_name,
        "amount": lambda row: Money(row.currency, row.amount),
        "currency": lambda row: row.currency.upper(),
        "status": lambda row: row.status,
        "recurring_interval": lambda row: row.interval,
        "customer_name": lambda row: row.customer_name,
        "discount": lambda row: row.discount_name,
        "seats": lambda row: row.seats,
        "current_period_start": lambda row: row.current_period_start,
        "current_period_end": lambda row: row.current_period_end,
        "cancel_at_period_end": lambda row: row.cancel_at_period_end,
        "canceled_at": lambda row: row.canceled_at,
        "ends_at": lambda row: row.ends_at,
        "ended_at": lambda row: row.ended_at,
        "cancellation_reason": lambda row: row.customer_cancellation_reason,
        "trial_start": lambda row: row.trial_start,
        "trial_end": lambda row: row.trial_end,
    },
    usual=7,
)
