"""Lists of subscriptions, filtered and ordered."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table, and_, func, select

from services.chassis.database import Transaction
from services.chassis.pagination import Page, counted, paged
from services.chassis.sql import compile_statement
from services.subscription.storage.filters import chosen
from services.subscription.storage.rows import row_to_subscription
from services.subscription.storage.tables import customer, discount, product
from services.subscription.storage.tables import subscription as table
from services.subscription.usecases.filters import Filters
from services.subscription.usecases.ports import Listed

_NULLABLE = ("ended_at", "ends_at", "customer", "discount")
PRODUCT_NAME = func.coalesce(product.c.name, table.c.product_name)
"""As the product is called now; as it was sold where no fact has told us of it yet."""
_BY_NAME: dict[str, tuple[Table, ColumnElement[Any]]] = {
    "customer": (customer, func.lower(customer.c.email)),
    "product": (product, PRODUCT_NAME),
    "discount": (discount, discount.c.name),
}


async def list_subscriptions(transaction: Transaction, organization_id: UUID, filters: Filters, page: Page) -> Listed:
    """One page of an organization's subscriptions; rows without what they are ordered by come last."""
    query = chosen(select(table), organization_id, filters)
    other, column = _BY_NAME.get(page.sort_key, (None, None))
    ordered = query if other is None else with_names(query, other)
    by = table.c[page.sort_key] if column is None else column
    rows = await transaction.all(compile_statement(paged(ordered, page, by, table.c.id, nullable=page.sort_key in _NULLABLE)))
    total = await _total(transaction, query) if page.include_total else None
    return Listed([row_to_subscription(row) for row in rows[: page.size]], page.next_token(rows), total)


def with_names(query: Select[Any], *others: Table) -> Select[Any]:
    """The query joined with what subscriptions refer to, where we know it."""
    joined = query.get_final_froms()[0]
    for other in others:
        same = and_(other.c.organization_id == table.c.organization_id, other.c.id == table.c[f"{other.name}_id"])
        joined = joined.outerjoin(other, same)
    return query.select_from(joined)


async def _total(transaction: Transaction, query: Select[Any]) -> int:
    row = await transaction.one(compile_statement(counted(query)))
    return int(row["total"]) if row else 0
