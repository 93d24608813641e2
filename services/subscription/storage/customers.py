"""Who the customers are, and which were deleted. A row is the lock under which subscriptions of a customer begin, or all end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from typing import Any

from services.chassis.database import Transaction
from services.chassis.sql import Statement, bulk_insert, bulk_update
from services.subscription.domain.catalog import KnownCustomer
from services.subscription.storage.keys import key_arrays
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
# Nobody begins one meanwhile: the customers are locked by `_KEEP`. Rows are locked in the order in which all lock them.
_NAME = tuple(
    Statement(
        f"with named as (select t.organization_id, t.id, k.external_id from {name} t "
        "join unnest(%(organization_ids)s::uuid[], %(ids)s::uuid[], %(external_ids)s::text[]) as k (organization_id, id, external_id) "
        "on t.organization_id = k.organization_id and t.customer_id = k.id "
        f"where t.external_customer_id is null{condition} order by t.organization_id, t.id for update of t) "
        f"update {name} t set external_customer_id = named.external_id from named "
        "where t.organization_id = named.organization_id and t.id = named.id"
    )
    # Seats that nobody has are in no index by customer, and get another holder with the next assignment.
    for name, condition in (("subscription", ""), ("customer_seat", " and t.status <> 'revoked'"))
)


class StoredCustomers:
    """The customers that one transaction sees."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def lock(self, customers: Set[CustomerKey]) -> dict[CustomerKey, KnownCustomer]:
        """What is known of them; nobody else begins or ends their subscriptions until the transaction ends."""
        keys = sorted(customers)
        await self._transaction.many(_KNOWN, [_row(KnownCustomer(*key, version=0)) for key in keys])
        found = await self._transaction.all(_LOCK, **key_arrays(keys))
        return {(row["organization_id"], row["id"]): KnownCustomer(**row) for row in found}

    async def keep(self, customers: Sequence[KnownCustomer]) -> None:
        """Who they are, where that is newer than what is there. What they bought or hold already learns the merchant's id for them, which
        is given once."""
        newest = {(each.organization_id, each.id): each for each in sorted(customers, key=lambda each: each.version)}
        await self._transaction.many(_KEEP, [_row(each) for _, each in sorted(newest.items())])
        named = [each for each in newest.values() if each.external_id is not None]
        parameters = {
            "organization_ids": [each.organization_id for each in named],
            "ids": [each.id for each in named],
            "external_ids": [each.external_id for each in named],
        }
        for statement in _NAME if named else ():
            await self._transaction.execute(statement, **parameters)

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
        "deleted_at": customer.deleted_at,
    }
