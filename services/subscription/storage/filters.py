"""Which subscriptions a list or a file holds, in SQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select

from services.subscription.domain.status import RUNNING
from services.subscription.storage.tables import customer
from services.subscription.storage.tables import subscription as table
from services.subscription.usecases.filters import Filters


def chosen(query: Select[Any], organization_id: UUID, filters: Filters) -> Select[Any]:
    """A query of an organization's subscriptions with the conditions of the filters."""
    return query.where(table.c.organization_id == organization_id, *_among(filters), *_flags(filters), *_times(filters), *_texts(filters))


def _among(filters: Filters) -> Iterator[ColumnElement[bool]]:
    for column, wanted in (
        (table.c.customer_id, filters.customer_ids),
        (table.c.product_id, filters.product_ids),
        (table.c.discount_id, filters.discount_ids),
        (table.c.status, filters.statuses),
        (table.c.customer_cancellation_reason, filters.cancellation_reasons),
    ):
        if wanted:
            yield column.in_(wanted)


def _flags(filters: Filters) -> Iterator[ColumnElement[bool]]:
    if filters.active is not None:
        running = table.c.status.in_(sorted(RUNNING))
        yield running if filters.active else ~running
    if filters.cancel_at_period_end is not None:
        yield table.c.cancel_at_period_end == filters.cancel_at_period_end


def _times(filters: Filters) -> Iterator[ColumnElement[bool]]:
    for column, first, end in (
        (table.c.canceled_at, filters.canceled_after, filters.canceled_before),
        (table.c.started_at, filters.started_after, filters.started_before),
    ):
        if first is not None:
            yield column >= first
        if end is not None:
            yield column < end


def _texts(filters: Filters) -> Iterator[ColumnElement[bool]]:
    if filters.external_customer_ids:
        # The purchase may have told it, or a fact of the customer later.
        of_that_name = customer.alias("named_customer")
        known = select(of_that_name.c.id).where(
            of_that_name.c.organization_id == table.c.organization_id, of_that_name.c.external_id.in_(filters.external_customer_ids)
        )
        yield or_(table.c.external_customer_id.in_(filters.external_customer_ids), table.c.customer_id.in_(known))
    for key, value in filters.metadata.items():
        yield table.c.metadata[key].astext == value
