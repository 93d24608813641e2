"""Billing entries in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.errors import UniqueViolation
from sqlalchemy import Select, bindparam, select

from services.chassis.database import Row, Transaction
from services.chassis.pagination import Page, paged
from services.chassis.sql import Statement, bulk_insert, compile_statement
from services.subscription.domain.entry import LIFECYCLE, BillingEntry, EntryState
from services.subscription.domain.errors import PeriodBilled
from services.subscription.storage.entry_rows import entry_to_row, row_to_entry
from services.subscription.storage.keys import key_arrays
from services.subscription.storage.tables import billing_entry as table
from services.subscription.usecases.ports import ListedEntries, SubscriptionKey

_SAVE = bulk_insert(table, suffix="on conflict (organization_id, id) do update set state = excluded.state, order_id = excluded.order_id")
_PENDING = Statement(
    "select e.* from unnest(%(organization_ids)s::uuid[], %(ids)s::uuid[]) as k (organization_id, id) join billing_entry e "
    "on e.organization_id = k.organization_id and e.subscription_id = k.id and e.state = 'pending' order by e.created_at, e.id"
)
_OF_ORDER = compile_statement(
    select(table)
    .where(
        table.c.organization_id == bindparam("organization_id"),
        table.c.subscription_id == bindparam("subscription_id"),
        table.c.order_id == bindparam("order_id"),
    )
    .order_by(table.c.created_at, table.c.id)
)
_RESERVED = Statement(
    "select e.* from unnest(%(organization_ids)s::uuid[], %(ids)s::uuid[]) as o (organization_id, id) join billing_entry e "
    "on e.organization_id = o.organization_id and e.order_id = o.id and e.state = 'charging' order by e.created_at, e.id"
)
# The condition is that of the unique index.
_OF_PERIOD = Statement(
    "select from billing_entry where organization_id = %(organization_id)s and subscription_id = %(subscription_id)s "
    "and start_timestamp = %(start)s and type = 'cycle' and state <> 'dropped' and not charged_first limit 1"
)
# Only reserved ones move, so that the partial index finds them and nothing else is looked at.
_SETTLE = Statement(
    "update billing_entry e set state = %(state)s from unnest(%(organization_ids)s::uuid[], %(ids)s::uuid[]) as o (organization_id, id) "
    "where e.organization_id = o.organization_id and e.order_id = o.id and e.state = 'charging'"
)


class StoredEntries:
    """The billing entries that one transaction sees. Their subscription is locked by whoever changes them."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def save(self, entries: Sequence[BillingEntry]) -> None:
        """Store new ones, and what became of others. PeriodBilled: time has billed a price for that period already."""
        # One statement cannot touch a row twice; the last word on an entry counts.
        once = {entry.id: entry for entry in entries}.values()
        try:
            await self._transaction.many(_SAVE, [entry_to_row(entry) for entry in once])
        except UniqueViolation:
            raise PeriodBilled from None

    async def pending(self, keys: Collection[SubscriptionKey]) -> Mapping[UUID, tuple[BillingEntry, ...]]:
        """What waits for an order, by subscription, oldest first."""
        found: dict[UUID, tuple[BillingEntry, ...]] = {}
        for row in await self._transaction.all(_PENDING, **key_arrays(keys)):
            found[row["subscription_id"]] = (*found.get(row["subscription_id"], ()), row_to_entry(row))
        return found

    async def of_order(self, organization_id: UUID, subscription_id: UUID, order_id: UUID) -> list[BillingEntry]:
        """What an order bills of its subscription."""
        parameters = {"organization_id": organization_id, "subscription_id": subscription_id, "order_id": order_id}
        return [row_to_entry(row) for row in await self._transaction.all(_OF_ORDER, **parameters)]

    async def reserved(self, orders: Collection[tuple[UUID, UUID]]) -> Mapping[UUID, Sequence[BillingEntry]]:
        """What waits for the charges of orders (organization, id), by order."""
        found: dict[UUID, list[BillingEntry]] = {}
        for row in await self._transaction.all(_RESERVED, **key_arrays(orders)) if orders else ():
            found.setdefault(row["order_id"], []).append(row_to_entry(row))
        return found

    async def are_of_period(self, organization_id: UUID, subscription_id: UUID, start: datetime) -> bool:
        """Whether time has billed the period of a subscription that began then."""
        parameters = {"organization_id": organization_id, "subscription_id": subscription_id, "start": start}
        return await self._transaction.one(_OF_PERIOD, **parameters) is not None

    async def settle(self, orders: Collection[tuple[UUID, UUID]], *, paid: bool) -> None:
        """What was reserved for orders (organization, id) is billed, or never will be."""
        if not orders:
            return
        state = LIFECYCLE.after("bill" if paid else "drop", EntryState.CHARGING)
        await self._transaction.execute(_SETTLE, state=state, **key_arrays(orders))

    async def page(self, organization_id: UUID, subscription_id: UUID, pending: bool | None, page: Page) -> ListedEntries:
        """One page of a subscription's entries."""
        query = _filtered(organization_id, subscription_id, pending)
        rows: list[Row] = await self._transaction.all(compile_statement(paged(query, page, table.c.created_at, table.c.id)))
        return ListedEntries([row_to_entry(row) for row in rows[: page.size]], page.next_token(rows))


def _filtered(organization_id: UUID, subscription_id: UUID, pending: bool | None) -> Select[Any]:
    query = select(table).where(table.c.organization_id == organization_id, table.c.subscription_id == subscription_id)
    if pending is None:
        return query
    waits = table.c.state == EntryState.PENDING.value
    return query.where(waits if pending else ~waits)
