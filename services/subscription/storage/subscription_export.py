"""Subscriptions with the names of what they refer to, oldest first, as files hold them."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import literal, select, tuple_

from services.chassis.database import Transaction
from services.chassis.sql import compile_statement
from services.subscription.storage.filters import chosen
from services.subscription.storage.listing import PRODUCT_NAME, with_names
from services.subscription.storage.tables import customer, discount, product
from services.subscription.storage.tables import subscription as table
from services.subscription.usecases.filters import Filters
from services.subscription.usecases.subscription_export import ExportedSubscription

_NAMED = {
    "email": customer.c.email,
    "customer_name": customer.c.name,
    "product_name": PRODUCT_NAME,
    "discount_name": discount.c.name,
}
_COLUMNS = [_NAMED[each.name].label(each.name) if each.name in _NAMED else table.c[each.name] for each in fields(ExportedSubscription)]
_JOINED = with_names(select(table.c.id), customer, product, discount)
_ROW = _JOINED.with_only_columns(*_COLUMNS).order_by(table.c.created_at, table.c.id)
_HERE = tuple_(table.c.created_at, table.c.id)
_FIRST = (datetime.min.replace(tzinfo=UTC), UUID(int=0))


async def subscriptions_behind(
    transaction: Transaction, organization_id: UUID, filters: Filters, last: ExportedSubscription | None, most: int
) -> list[ExportedSubscription]:
    """The next rows after `last`; from the first on if there is none."""
    instant, subscription_id = (last.created_at, last.id) if last else _FIRST
    position = tuple_(literal(instant, table.c.created_at.type), literal(subscription_id, table.c.id.type))
    query = chosen(_ROW, organization_id, filters).where(position < _HERE).limit(most)
    return [ExportedSubscription(**row) for row in await transaction.all(compile_statement(query))]
