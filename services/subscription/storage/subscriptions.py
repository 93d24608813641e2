"""Subscriptions in PostgreSQL. Every statement names the organization; row-level security does so again."""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, func, select

from services.chassis.database import Transaction
from services.chassis.pagination import Page
from services.chassis.sql import Statement, bulk_insert, bulk_update, compile_statement
from services.subscription.domain.status import BILLABLE
from services.subscription.domain.subscription import Subscription
from services.subscription.storage.listing import list_subscriptions
from services.subscription.storage.rows import row_to_subscription, subscription_to_row
from services.subscription.storage.tables import subscription as table
from services.subscription.usecases.ports import CustomerKey, Filters, Listed

_CHANGING = (
    "status",
    "current_period_start",
    "current_period_end",
    "cancel_at_period_end",
    "canceled_at",
    "ends_at",
    "ended_at",
    "customer_cancellation_reason",
    "customer_cancellation_comment",
    "due_at",
    "version",
    "modified_at",
)
_BY_ID = select(table).where(table.c.organization_id == bindparam("organization_id"), table.c.id == bindparam("id"))
_GET = compile_statement(_BY_ID)
_LOCK = compile_statement(_BY_ID.with_for_update())
_ADD = bulk_insert(table, suffix="on conflict (organization_id, id) do nothing returning id")
_SAVE = bulk_update(table, key=("organization_id", "id"), columns=_CHANGING)
_LOCK_DUE = compile_statement(
    select(table)
    .where(table.c.due_at <= bindparam("now"))
    .order_by(table.c.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_LOCK_OF_CUSTOMERS = Statement(
    "select s.* from subscription s join unnest(%(organization_ids)s::uuid[], %(customer_ids)s::uuid[]) as c (organization_id, id) "
    "on s.organization_id = c.organization_id and s.customer_id = c.id order by s.organization_id, s.id for update of s"
)
_COUNT_BILLABLE = compile_statement(
    select(func.count().label("count")).where(
        table.c.organization_id == bindparam("organization_id"),
        table.c.customer_id == bindparam("customer_id"),
        table.c.status.in_(sorted(BILLABLE)),
    )
)


class StoredSubscriptions:
    """The subscriptions that one transaction sees."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def get(self, organization_id: UUID, subscription_id: UUID) -> Subscription | None:
        row = await self._transaction.one(_GET, organization_id=organization_id, id=subscription_id)
        return row_to_subscription(row) if row else None

    async def lock(self, organization_id: UUID, subscription_id: UUID) -> Subscription | None:
        """Read it, and keep others from changing it until the transaction ends."""
        row = await self._transaction.one(_LOCK, organization_id=organization_id, id=subscription_id)
        return row_to_subscription(row) if row else None

    async def lock_due(self, now: datetime, most: int) -> list[Subscription]:
        """Those that time has something to do to, longest due first; those that somebody else works on are left to them."""
        return [row_to_subscription(row) for row in await self._transaction.all(_LOCK_DUE, now=now, most=most)]

    async def lock_of_customers(self, customers: Set[CustomerKey]) -> list[Subscription]:
        """All subscriptions of some customers."""
        keys = sorted(customers)
        parameters = {"organization_ids": [key[0] for key in keys], "customer_ids": [key[1] for key in keys]}
        return [row_to_subscription(row) for row in await self._transaction.all(_LOCK_OF_CUSTOMERS, **parameters)]

    async def add(self, subscriptions: Sequence[Subscription]) -> set[UUID]:
        """Store new ones; the ids of those that were not there before."""
        rows = await self._transaction.many(_ADD, [subscription_to_row(subscription) for subscription in subscriptions])
        return {row["id"] for row in rows}

    async def save(self, subscriptions: Sequence[Subscription]) -> None:
        """Store what changed."""
        await self._transaction.many(_SAVE, [subscription_to_row(subscription) for subscription in subscriptions])

    async def count_billable(self, organization_id: UUID, customer_id: UUID) -> int:
        """How many a customer pays for, or is going to."""
        row = await self._transaction.one(_COUNT_BILLABLE, organization_id=organization_id, customer_id=customer_id)
        return int(row["count"]) if row else 0

    async def page(self, organization_id: UUID, filters: Filters, page: Page) -> Listed:
        """One page of a list."""
        return await list_subscriptions(self._transaction, organization_id, filters, page)
