"""Which subscriptions have ended, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, func, select

from services.chassis.database import Transaction
from services.chassis.sql import bulk_insert, compile_statement
from services.checkout.storage.tables import ended_subscription as table

_KEEP = bulk_insert(table, suffix="on conflict do nothing")
_AMONG = compile_statement(select(table.c.subscription_id).where(table.c.subscription_id == func.any(bindparam("ids", type_=ARRAY(Uuid)))))


class StoredEndedSubscriptions:
    """What one transaction sees of them."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def keep(self, subscriptions: Sequence[tuple[UUID, UUID]]) -> None:
        rows = [{"organization_id": organization_id, "subscription_id": each} for organization_id, each in sorted(subscriptions)]
        await self._transaction.many(_KEEP, rows)

    async def among(self, subscription_ids: Sequence[UUID]) -> set[UUID]:
        return {row["subscription_id"] for row in await self._transaction.all(_AMONG, ids=list(subscription_ids))}
