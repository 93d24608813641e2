"""Lists of subscriptions, filtered and ordered."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, literal, select
from sqlalchemy.dialects.postgresql import TIMESTAMP

from services.chassis.database import Transaction
from services.chassis.pagination import Page, counted, paged
from services.chassis.sql import compile_statement
from services.subscription.domain.status import RUNNING
from services.subscription.storage.rows import row_to_subscription
from services.subscription.storage.tables import subscription as table
from services.subscription.usecases.ports import Filters, Listed

_NULLABLE = ("ended_at", "ends_at")
_EARLIEST, _LATEST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


async def list_subscriptions(transaction: Transaction, organization_id: UUID, filters: Filters, page: Page) -> Listed:
    """One page of an organization's subscriptions; rows without the time that they are ordered by come last."""
    query = _filtered(organization_id, filters)
    rows = await transaction.all(compile_statement(paged(query, page, _sort_column(page), table.c.id)))
    total = await _total(transaction, query) if page.include_total else None
    return Listed([row_to_subscription(row) for row in rows[: page.size]], page.next_token(rows), total)


def _filtered(organization_id: UUID, filters: Filters) -> Select[Any]:
    query = select(table).where(table.c.organization_id == organization_id)
    for column, wanted in (
        (table.c.customer_id, filters.customer_ids),
        (table.c.product_id, filters.product_ids),
        (table.c.discount_id, filters.discount_ids),
        (table.c.status, filters.statuses),
    ):
        if wanted:
            query = query.where(column.in_(wanted))
    if filters.active is not None:
        running = table.c.status.in_(sorted(RUNNING))
        query = query.where(running if filters.active else ~running)
    if filters.cancel_at_period_end is not None:
        query = query.where(table.c.cancel_at_period_end == filters.cancel_at_period_end)
    return query


def _sort_column(page: Page) -> ColumnElement[Any]:
    column: ColumnElement[Any] = table.c[page.sort_key]
    if page.sort_key not in _NULLABLE:
        return column
    return func.coalesce(column, literal(_EARLIEST if page.descending else _LATEST, TIMESTAMP(timezone=True)))


async def _total(transaction: Transaction, query: Select[Any]) -> int:
    row = await transaction.one(compile_statement(counted(query)))
    return int(row["total"]) if row else 0
