"""Subscriptions in PostgreSQL. Every statement names the organization, but the sweep's; row-level security does so again."""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, func, select, text

from services.chassis.database import Transaction
from services.chassis.pagination import Page
from services.chassis.sql import Statement, bulk_insert, bulk_update, compile_statement
from services.subscription.domain.status import BILLABLE
from services.subscription.domain.subscription import Subscription
from services.subscription.storage.keys import key_arrays
from services.subscription.storage.listing import list_subscriptions
from services.subscription.storage.rows import cycle_to_row, row_to_subscription, subscription_to_row
from services.subscription.storage.subscription_export import subscriptions_behind
from services.subscription.storage.tables import subscription as table
from services.subscription.usecases.filters import Filters
from services.subscription.usecases.ports import CustomerKey, DueSubscription, Listed, OrderKey, SubscriptionKey
from services.subscription.usecases.subscription_export import ExportedSubscription

_KEY = ("organization_id", "id")
_FIXED = (*_KEY, "created_at")
_CYCLING = (
    "status",
    "discount_cycles_billed",
    "discount_cycles_left",
    "anchor",
    "period_number",
    "current_period_start",
    "current_period_end",
    "announced_end",
    "period_discount",
    "due_at",
    "version",
    "modified_at",
)
_BY_ID = select(table).where(table.c.organization_id == bindparam("organization_id"), table.c.id == bindparam("id"))
_GET = compile_statement(_BY_ID)
_LOCK = compile_statement(_BY_ID.with_for_update())
_LOCK_MANY = Statement(
    "select s.* from subscription s join unnest(%(organization_ids)s::uuid[], %(ids)s::uuid[]) as k (organization_id, id) "
    "on s.organization_id = k.organization_id and s.id = k.id order by s.organization_id, s.id for update of s"
)
_CHARGING = Statement(
    "select organization_id, id, charging_order_id from subscription where charging_order_id is not null "
    "order by charging_order_id limit %(most)s"
)
_ADD = bulk_insert(table, suffix="on conflict (organization_id, id) do nothing returning id")
_SAVE = bulk_update(table, key=_KEY, columns=tuple(column.name for column in table.columns if column.name not in _FIXED))
_SAVE_CYCLED = bulk_update(table, key=_KEY, columns=_CYCLING)
_DUE = select(table).where(table.c.due_at <= bindparam("now"))
# The conditions on sandboxes are spelled as the partial indexes spell them.
_LOCK_DUE = compile_statement(
    _DUE.where(text("not is_sandbox(organization_id)"), table.c.id != func.all(bindparam("but", type_=ARRAY(Uuid))))
    .order_by(table.c.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_LOCK_DUE_OF_SANDBOX = compile_statement(
    _DUE.where(table.c.organization_id == bindparam("organization_id"), text("is_sandbox(organization_id)"))
    .order_by(table.c.due_at)
    .limit(bindparam("most"))
    .with_for_update()
)
_FIND_DUE_OF_SANDBOX = Statement(
    "select min(due_at) as due_at from subscription "
    "where organization_id = %(organization_id)s and is_sandbox(organization_id) and due_at is not null and due_at <= %(until)s"
)
_COUNT_CHARGING = Statement(
    "select count(*) as count from subscription where organization_id = %(organization_id)s and charging_order_id is not null"
)
_LOCK_OF_CUSTOMERS = Statement(
    "select s.* from subscription s join unnest(%(organization_ids)s::uuid[], %(ids)s::uuid[]) as c (organization_id, id) "
    "on s.organization_id = c.organization_id and s.customer_id = c.id order by s.organization_id, s.id for update of s"
)
# Which subscriptions a batch of orders may move: those that wait for the very order, and those that owe, or are going to.
_OF_ORDERS = Statement(
    "select s.organization_id, s.id from unnest(%(organization_ids)s::uuid[], %(order_ids)s::uuid[]) as o (organization_id, id) "
    "join subscription s on s.organization_id = o.organization_id and s.charging_order_id = o.id "
    "union select s.organization_id, s.id "
    "from unnest(%(organization_ids)s::uuid[], %(ids)s::uuid[], %(owes)s::boolean[]) as k (organization_id, id, owes) "
    "join subscription s on s.organization_id = k.organization_id and s.id = k.id where k.owes or s.past_due_at is not null"
)
_COUNT_BILLABLE = compile_statement(
    select(func.count().label("count")).where(
        table.c.organization_id == bindparam("organization_id"),
        table.c.customer_id == bindparam("customer_id"),
        table.c.status.in_(sorted(BILLABLE)),
        bindparam("but", type_=table.c.id.type).is_(None) | (table.c.id != bindparam("but")),
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

    async def lock_many(self, keys: Set[SubscriptionKey]) -> list[Subscription]:
        """Those that are there, in the order of their keys."""
        return await self._many(_LOCK_MANY, **key_arrays(keys))

    async def lock_due(self, now: datetime, most: int, but: Sequence[UUID]) -> list[DueSubscription]:
        """Live ones but these that time has something to do to, longest due first; those that somebody else works on are left to them."""
        rows = await self._transaction.all(_LOCK_DUE, now=now, most=most, but=list(but))
        return [DueSubscription(row["id"], partial(row_to_subscription, row)) for row in rows]

    async def lock_due_of_sandbox(self, organization_id: UUID, now: datetime, most: int) -> list[Subscription]:
        """A sandbox's that time has something to do to, longest due first."""
        return await self._many(_LOCK_DUE_OF_SANDBOX, organization_id=organization_id, now=now, most=most)

    async def find_due_of_sandbox(self, organization_id: UUID, until: datetime) -> datetime | None:
        """The earliest instant at which time has something to do to one of a sandbox's."""
        row = await self._transaction.one(_FIND_DUE_OF_SANDBOX, organization_id=organization_id, until=until)
        return row["due_at"] if row else None

    async def count_charging(self, organization_id: UUID) -> int:
        """How many have a change that waits for its charge."""
        row = await self._transaction.one(_COUNT_CHARGING, organization_id=organization_id)
        return int(row["count"]) if row else 0

    async def charging(self, most: int) -> dict[UUID, SubscriptionKey]:
        """Those of all organizations of which a change waits for its charge, by the order of it, oldest first."""
        rows = await self._transaction.all(_CHARGING, most=most)
        return {row["charging_order_id"]: (row["organization_id"], row["id"]) for row in rows}

    async def lock_of_customers(self, customers: Set[CustomerKey]) -> list[Subscription]:
        """All subscriptions of some customers."""
        return await self._many(_LOCK_OF_CUSTOMERS, **key_arrays(customers))

    async def of_orders(self, orders: Set[OrderKey], owing: Set[SubscriptionKey]) -> set[SubscriptionKey]:
        """Those that these orders may change; `owing`: those of which an order was not paid."""
        keys = sorted(orders)
        rows = await self._transaction.all(
            _OF_ORDERS,
            organization_ids=[key[0] for key in keys],
            order_ids=[key[1] for key in keys],
            ids=[key[2] for key in keys],
            owes=[(key[0], key[2]) in owing for key in keys],
        )
        return {(row["organization_id"], row["id"]) for row in rows}

    async def add(self, subscriptions: Sequence[Subscription]) -> set[UUID]:
        """Store new ones; the ids of those that were not there before."""
        rows = await self._transaction.many(_ADD, [subscription_to_row(subscription) for subscription in subscriptions])
        return {row["id"] for row in rows}

    async def save(self, subscriptions: Sequence[Subscription]) -> None:
        """Store what changed."""
        await self._transaction.many(_SAVE, [subscription_to_row(subscription) for subscription in subscriptions])

    async def save_cycled(self, subscriptions: Sequence[Subscription]) -> None:
        """Store those of which only the period, and what is counted with it, is another: as little as a renewal needs."""
        await self._transaction.many(_SAVE_CYCLED, [cycle_to_row(subscription) for subscription in subscriptions])

    async def count_billable(self, organization_id: UUID, customer_id: UUID, but: UUID | None = None) -> int:
        """How many a customer pays for, or is going to; `but` one is not counted."""
        row = await self._transaction.one(_COUNT_BILLABLE, organization_id=organization_id, customer_id=customer_id, but=but)
        return int(row["count"]) if row else 0

    async def page(self, organization_id: UUID, filters: Filters, page: Page) -> Listed:
        """One page of a list."""
        return await list_subscriptions(self._transaction, organization_id, filters, page)

    async def behind(
        self, organization_id: UUID, filters: Filters, last: ExportedSubscription | None, most: int
    ) -> list[ExportedSubscription]:
        """The next rows of a file, oldest first."""
        return await subscriptions_behind(self._transaction, organization_id, filters, last, most)

    async def _many(self, statement: Statement, **parameters: object) -> list[Subscription]:
        return [row_to_subscription(row) for row in await self._transaction.all(statement, **parameters)]
