"""Copies of customers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from services.benefits.domain.customer import Customer
from services.benefits.storage.tables import customer
from services.chassis.database import Row, Transaction
from services.chassis.sql import Statement, bulk_insert, bulk_update

_KNOWN = Statement("select id from customer where id = any(%(ids)s)")
_ENSURE = bulk_insert(customer, suffix="on conflict do nothing")
_UPDATE = bulk_update(customer, key=("id",), columns=("external_id", "is_deleted", "version"))
_LOCK = Statement("select * from customer where id = any(%(ids)s) order by id for no key update")
_LOCK_SHARED = Statement("select * from customer where id = any(%(ids)s) order by id for share")


class CustomerStore:
    """Rows of `customer`."""

    async def ensure(self, transaction: Transaction, customers: Sequence[Customer]) -> None:
        """Have a row for each; those that are there stay as they are."""
        wanted = {each.id: each for each in reversed(customers)}
        known = {row["id"] for row in await transaction.all(_KNOWN, ids=list(wanted))}
        await transaction.many(_ENSURE, [_to_row(wanted[customer_id]) for customer_id in sorted(wanted.keys() - known)])

    async def lock(self, transaction: Transaction, customer_ids: Collection[UUID]) -> dict[UUID, Customer]:
        """To be changed."""
        return {row["id"]: _from_row(row) for row in await transaction.all(_LOCK, ids=list(customer_ids))}

    async def lock_shared(self, transaction: Transaction, customer_ids: Collection[UUID]) -> dict[UUID, Customer]:
        """As they stay until the end of the transaction."""
        return {row["id"]: _from_row(row) for row in await transaction.all(_LOCK_SHARED, ids=list(customer_ids))}

    async def save(self, transaction: Transaction, customers: Sequence[Customer]) -> None:
        """Changed ones."""
        await transaction.many(_UPDATE, [_to_row(each) for each in customers])


def _from_row(row: Row) -> Customer:
    return Customer(**row)


def _to_row(each: Customer) -> dict[str, object]:
    return {name: getattr(each, name) for name in each.__slots__}
