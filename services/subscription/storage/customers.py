"""Who the customers are, and which were deleted. A row is the lock under which subscriptions of a customer begin, or all end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from typing import Any

from services.chassis.database import Transaction
from services.chassis.sql import Statement, bulk_insert, bulk_update
from services.subscription.domain.catalog import KnownCustomer
from services.subscription.storage.tables import customer as table
from services.subscription.usecases.ports import CustomerKey

_KNOWN = bulk_insert(table, suffix="on conflict do nothing")
_KEEP = bulk_insert(
    table,
    suffix="on conflict (organization_id, id) do update set version = excluded.version, email = excluded.email, name = excluded.name, "
    "external_id = excluded.external_id where customer.version < excluded.version",
)
_LOCK = Statement(
    "select c.* from customer c join unnest(%(organization_ids)s::uuid[], %(ids)s::uuid[]) as k (organization_id, id) "
    "on c.organization_id = k.organization_id and c.id = k.id order by c.organization_id, c.id for update of c"
)
_DELETE = bulk_update(table, key=("organization_id", "id"), columns=("deleted_at",), suffix="and customer.deleted_at is null")


class StoredCustomers:
    """The customers that one transaction sees."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def lock(self, customers: Set[CustomerKey]) -> dict[CustomerKey, datetime | None]:
        """When each was deleted, if it was; nobody else begins or ends their subscriptions until the transaction ends."""
        keys = sorted(customers)
        await self._transaction.many(_KNOWN, [_row(KnownCustomer(*key, version=0)) for key in keys])
        parameters = {"organization_ids": [key[0] for key in keys], "ids": [key[1] for key in keys]}
        found = await self._transaction.all(_LOCK, **parameters)
        return {(row["organization_id"], row["id"]): row["deleted_at"] for row in found}

    async def keep(self, customers: Sequence[KnownCustomer]) -> None:
        """Who they are, where that is newer than what is there."""
        newest = {(each.organization_id, each.id): each for each in sorted(customers, key=lambda each: each.version)}
        await self._transaction.many(_KEEP, [_row(each) for _, each in sorted(newest.items())])

    async def delete(self, deleted_at: Mapping[CustomerKey, datetime]) -> None:
        """Remember that they are gone; the first time counts. They must be locked."""
        rows = [{"organization_id": key[0], "id": key[1], "deleted_at": instant} for key, instant in sorted(deleted_at.items())]
        await self._transaction.many(_DELETE, rows)


def _row(customer: KnownCustomer) -> dict[str, Any]:
    return {
        "organization_id": customer.organization_id,
        "id": customer.id,
        "version": customer.version,
        "email": customer.email,
        "name": customer.name,
        "external_id": customer.external_id,
        "deleted_at": None,
    }
