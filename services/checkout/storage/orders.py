"""Orders with their items, and the series their numbers come from, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, delete, func, select

from services.chassis.database import Row, Transaction
from services.chassis.pagination import Page
from services.chassis.sql import Statement, bulk_insert, bulk_update, compile_statement
from services.checkout.domain.billing import Billing
from services.checkout.domain.invoice import Series
from services.checkout.domain.order import Order, OrderStatus
from services.checkout.storage.order_export import orders_behind
from services.checkout.storage.order_lists import page_of_orders
from services.checkout.storage.order_rows import item_rows, order_to_row, row_to_order
from services.checkout.storage.tables import order_charge as charges
from services.checkout.storage.tables import order_item as items
from services.checkout.storage.tables import orders as table
from services.checkout.usecases.filters import OrderFilter
from services.checkout.usecases.order_export import ExportedOrder
from services.checkout.usecases.order_ports import DueOrder

_ITEM_OF = "item_of_"
_WITH_ITEMS = (
    select(table, *(column.label(_ITEM_OF + column.name) for column in items.columns))
    .select_from(table.join(items, items.c.order_id == table.c.id))
    .where(table.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid))))
    .order_by(table.c.id, items.c.position)
)
_MANY = compile_statement(_WITH_ITEMS)
_LOCK = compile_statement(_WITH_ITEMS.with_for_update(of=table))
_ADD = bulk_insert(table)
_ADD_ITEMS = bulk_insert(items)
_DELETE_ITEMS = compile_statement(delete(items).where(items.c.order_id == bindparam("order_id")))
_FIXED = ("id", "organization_id", "created_at")
_SAVE_ALL = bulk_update(table, key=("id",), columns=[column.name for column in table.columns if column.name not in _FIXED])
_SAVE = bulk_update(
    table,
    key=("id",),
    columns=(
        *("status", "payment_id", "processor", "invoice_number", "receipt_number", "version", "paid_at", "modified_at"),
        *("payment_method_id", "void_on_failure", "holds_balance", "forfeited_amount", "payment_attempts", "payment_failure"),
        *("payment_action", "dunning_phase", "past_due_at", "dunning_due_at"),
    ),
)
_FREE = ~select(charges.c.order_id).where(charges.c.order_id == table.c.id, charges.c.status != "over").exists()
_NOW = bindparam("now", type_=table.c.dunning_due_at.type)
_DUE = (
    select(table.c.id)
    .where(table.c.dunning_due_at <= _NOW, _FREE)
    .order_by(table.c.dunning_due_at, table.c.id)
    .limit(bindparam("limit", type_=table.c.payment_attempts.type))
    .with_for_update(skip_locked=True)
)
_LIVE_DUE = compile_statement(
    _DUE.where(~func.is_sandbox(table.c.organization_id), table.c.id != func.all(bindparam("but", type_=ARRAY(Uuid))))
)
_SANDBOX_DUE = compile_statement(
    _DUE.where(func.is_sandbox(table.c.organization_id), table.c.organization_id == bindparam("organization_id"))
)
_FIND_DUE = compile_statement(
    select(func.min(table.c.dunning_due_at).label("due_at")).where(
        table.c.dunning_due_at <= _NOW,
        func.is_sandbox(table.c.organization_id),
        table.c.organization_id == bindparam("organization_id"),
        _FREE,
    )
)
_PAST_DUE = compile_statement(
    select(table.c.id).where(
        table.c.customer_id == func.any(bindparam("ids", type_=ARRAY(Uuid))), table.c.status == "pending", table.c.past_due_at.is_not(None)
    )
)
_PENDING_OF_SUBSCRIPTIONS = compile_statement(
    select(table.c.id).where(table.c.subscription_id == func.any(bindparam("ids", type_=ARRAY(Uuid))), table.c.status == "pending")
)
# Three joins and not one condition with `or`: that would read all orders there are.
_BILLED = Statement(
    "select o.id as order_id from orders o join unnest(%(order_ids)s::uuid[]) as b(order_id) on o.id = b.order_id "
    "union select b.order_id from unnest(%(order_ids)s::uuid[], %(organization_ids)s::uuid[], %(subscription_ids)s::uuid[], "
    "%(period_starts)s::timestamptz[]) as b(order_id, organization_id, subscription_id, period_start) "
    "join orders o on o.organization_id = b.organization_id and o.subscription_id = b.subscription_id "
    "and o.billing_reason = 'subscription_cycle' and o.period_start = b.period_start "
    "union select e.order_id from unnest(%(entry_order_ids)s::uuid[], %(entry_ids)s::uuid[]) as e(order_id, id) "
    "join order_item i on i.billing_entry_id = e.id"
)
# In the order of the series, so that two transactions wait for each other and not in a circle.
_DRAW = Statement(
    "insert into number_series as s (organization_id, kind, prefix, last_number) "
    "select * from unnest(%(organization_id)s::uuid[], %(kind)s::text[], %(prefix)s::text[], %(count)s::bigint[]) order by 1, 2, 3 "
    "on conflict (organization_id, kind, prefix) do update set last_number = s.last_number + excluded.last_number "
    "returning organization_id, kind, prefix, last_number"
)


class StoredOrders:
    """The orders that one transaction sees."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, orders: Sequence[Order]) -> None:
        await self._transaction.many(_ADD, [order_to_row(order) for order in orders])
        await self._transaction.many(_ADD_ITEMS, [row for order in orders for row in item_rows(order)])

    async def get(self, order_id: UUID) -> Order | None:
        return _orders(await self._transaction.all(_MANY, ids=[order_id])).get(order_id)

    async def lock(self, order_ids: Sequence[UUID]) -> list[Order]:
        """Those that exist, in the order of their ids."""
        return list(_orders(await self._transaction.all(_LOCK, ids=list(order_ids))).values())

    async def save(self, orders: Sequence[Order]) -> None:
        """Where they stand; what they are about stays."""
        await self._transaction.many(_SAVE, [order_to_row(order) for order in orders])

    async def save_with_items(self, order: Order) -> None:
        """All of it."""
        await self._transaction.execute(_DELETE_ITEMS, order_id=order.id)
        await self._transaction.many(_SAVE_ALL, [order_to_row(order)])
        await self._transaction.many(_ADD_ITEMS, item_rows(order))

    async def billed(self, billings: Sequence[Billing]) -> set[UUID]:
        """The order ids of those that were billed before: the order, its cycle or one of its entries."""
        entries = [(each.order_id, line.billing_entry_id) for each in billings for line in each.lines]
        rows = await self._transaction.all(
            _BILLED,
            order_ids=[each.order_id for each in billings],
            organization_ids=[each.organization_id for each in billings],
            subscription_ids=[each.subscription_id for each in billings],
            period_starts=[each.cycle_start for each in billings],
            entry_order_ids=[order_id for order_id, _ in entries],
            entry_ids=[entry_id for _, entry_id in entries],
        )
        return {row["order_id"] for row in rows}

    async def lock_due(self, now: datetime, limit: int, but: Sequence[UUID]) -> list[DueOrder]:
        return [DueOrder(row["id"]) for row in await self._transaction.all(_LIVE_DUE, now=now, limit=limit, but=list(but))]

    async def lock_due_of(self, sandbox_id: UUID, now: datetime, limit: int) -> list[DueOrder]:
        rows = await self._transaction.all(_SANDBOX_DUE, now=now, limit=limit, organization_id=sandbox_id)
        return [DueOrder(row["id"]) for row in rows]

    async def find_due(self, organization_id: UUID, until: datetime) -> datetime | None:
        """When the dunning of a sandbox's order goes on next."""
        row = await self._transaction.one(_FIND_DUE, now=until, organization_id=organization_id)
        return row["due_at"] if row else None

    async def lock_past_due(self, customer_ids: Sequence[UUID]) -> list[Order]:
        return await self._lock_found(_PAST_DUE, customer_ids)

    async def lock_pending_of_subscriptions(self, subscription_ids: Sequence[UUID]) -> list[Order]:
        return await self._lock_found(_PENDING_OF_SUBSCRIPTIONS, subscription_ids)

    async def _lock_found(self, statement: Statement, ids: Sequence[UUID]) -> list[Order]:
        rows = await self._transaction.all(statement, ids=list(ids))
        return [order for order in await self.lock([row["id"] for row in rows]) if order.status is OrderStatus.PENDING]

    async def draw_numbers(self, counts: Mapping[Series, int]) -> dict[Series, list[str]]:
        if not counts:
            return {}
        by_key = {(series.organization_id, str(series.kind), series.prefix): series for series in counts}
        rows = await self._transaction.all(
            _DRAW,
            organization_id=[key[0] for key in by_key],
            kind=[key[1] for key in by_key],
            prefix=[key[2] for key in by_key],
            count=list(counts.values()),
        )
        drawn: dict[Series, list[str]] = {}
        for row in rows:
            series = by_key[row["organization_id"], row["kind"], row["prefix"]]
            last = row["last_number"]
            drawn[series] = [series.number(number) for number in range(last - counts[series] + 1, last + 1)]
        return drawn

    async def page(self, organization_id: UUID, given: OrderFilter, page: Page) -> tuple[list[Order], str, int | None]:
        """One page, the token of the next, and if asked for how many match."""
        rows, total = await page_of_orders(self._transaction, organization_id, given, page)
        found = _orders(await self._transaction.all(_MANY, ids=[row["id"] for row in rows[: page.size]]))
        return [found[row["id"]] for row in rows[: page.size]], page.next_token(rows), total

    async def behind(self, organization_id: UUID, given: OrderFilter, last: ExportedOrder | None, most: int) -> list[ExportedOrder]:
        """The next rows of a file, oldest first."""
        return await orders_behind(self._transaction, organization_id, given, last, most)


def _orders(rows: Sequence[Row]) -> dict[UUID, Order]:
    """The orders of rows that hold an item each, with its columns behind `item_of_`."""
    found: dict[UUID, tuple[Row, list[Mapping[str, Any]]]] = {}
    for row in rows:
        item = {name.removeprefix(_ITEM_OF): value for name, value in row.items() if name.startswith(_ITEM_OF)}
        found.setdefault(row["id"], (row, []))[1].append(item)
    return {order_id: row_to_order(row, own_items) for order_id, (row, own_items) in found.items()}
