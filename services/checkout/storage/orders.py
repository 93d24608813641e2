"""Orders with their items, and the series their numbers come from, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, delete, func, select

from services.chassis.database import Row, Transaction
from services.chassis.pagination import Page, counted, paged
from services.chassis.sql import Statement, bulk_insert, bulk_update, compile_statement
from services.checkout.domain.invoice import Series
from services.checkout.domain.order import Order
from services.checkout.storage.filters import among, matching
from services.checkout.storage.order_rows import item_rows, order_to_row, row_to_order
from services.checkout.storage.tables import order_item as items
from services.checkout.storage.tables import orders as table
from services.checkout.usecases.filters import OrderFilter

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
    columns=("status", "payment_id", "processor", "invoice_number", "receipt_number", "version", "paid_at", "modified_at"),
)
# In the order of the series, so that two transactions wait for each other and not in a circle.
_DRAW = Statement(
    "insert into number_series as s (organization_id, kind, prefix, last_number) "
    "select * from unnest(%(organization_id)s::uuid[], %(kind)s::text[], %(prefix)s::text[], %(count)s::bigint[]) order by 1, 2, 3 "
    "on conflict (organization_id, kind, prefix) do update set last_number = s.last_number + excluded.last_number "
    "returning organization_id, kind, prefix, last_number"
)
_SORT = {
    "created_at": table.c.created_at,
    "status": table.c.status,
    "invoice_number": func.coalesce(table.c.invoice_number, ""),
    "total_amount": table.c.total_amount,
    "net_amount": table.c.net_amount,
}


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

    async def page(self, given: OrderFilter, page: Page) -> tuple[list[Order], str, int | None]:
        """One page, the token of the next, and if asked for how many match."""
        query = matching(
            select(table.c.id),
            among(table.c.product_id, given.product_ids),
            among(table.c.customer_id, given.customer_ids),
            among(table.c.discount_id, given.discount_ids),
            among(table.c.checkout_id, given.checkout_ids),
            among(table.c.subscription_id, given.subscription_ids),
            among(table.c.status, given.statuses),
            among(table.c.billing_reason, given.billing_reasons),
            None if given.created_after is None else table.c.created_at >= given.created_after,
            None if given.created_before is None else table.c.created_at < given.created_before,
        )
        rows = await self._transaction.all(compile_statement(paged(query, page, _SORT[page.sort_key], table.c.id)))
        total = await self._transaction.one(compile_statement(counted(query))) if page.include_total else None
        found = _orders(await self._transaction.all(_MANY, ids=[row["id"] for row in rows[: page.size]]))
        return [found[row["id"]] for row in rows[: page.size]], page.next_token(rows), total["total"] if total else None


def _orders(rows: Sequence[Row]) -> dict[UUID, Order]:
    """The orders of rows that hold an item each, with its columns behind `item_of_`."""
    found: dict[UUID, tuple[Row, list[Mapping[str, Any]]]] = {}
    for row in rows:
        item = {name.removeprefix(_ITEM_OF): value for name, value in row.items() if name.startswith(_ITEM_OF)}
        found.setdefault(row["id"], (row, []))[1].append(item)
    return {order_id: row_to_order(row, own_items) for order_id, (row, own_items) in found.items()}
