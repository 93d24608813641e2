"""What sells seats: subscriptions, which are rows of their own, and one-time orders, of which only the number of seats is kept."""

from __future__ import annotations

from collections.abc import Sequence, Set
from uuid import UUID

from services.chassis.database import Row, Transaction
from services.chassis.sql import Statement, bulk_insert
from services.subscription.domain.seat_container import Container, ContainerKind
from services.subscription.domain.status import ENDED, Status
from services.subscription.storage.keys import key_arrays
from services.subscription.storage.seat_tables import seat_order
from services.subscription.usecases.seat_ports import ContainerKey

_COLUMNS = {
    ContainerKind.SUBSCRIPTION: "c.organization_id, c.id, c.customer_id, c.product_id, c.product_name, c.seats, c.status, least(c.seats, "
    "(c.pending_update->>'seats')::integer, (c.charging_update->'terms'->>'seats')::integer) as assignable",
    ContainerKind.ORDER: "c.organization_id, c.id, c.customer_id, c.product_id, c.product_name, c.seats, c.seats as assignable",
}
_TABLES = {ContainerKind.SUBSCRIPTION: "subscription", ContainerKind.ORDER: "seat_order"}
_GET = {
    kind: Statement(f"select {_COLUMNS[kind]} from {_TABLES[kind]} c where c.organization_id = %(organization_id)s and c.id = %(id)s")
    for kind in ContainerKind
}
_LOCK = {kind: Statement(f"{_GET[kind].text} for update") for kind in ContainerKind}
_LOCK_MANY = {
    kind: Statement(
        f"select {_COLUMNS[kind]} from {_TABLES[kind]} c "
        "join unnest(%(organization_ids)s::uuid[], %(ids)s::uuid[]) as k (organization_id, id) "
        "on c.organization_id = k.organization_id and c.id = k.id order by c.organization_id, c.id for update of c"
    )
    for kind in ContainerKind
}
# An order is heard of by its payment and by its checkout, in any order; only the latter knows the product's name.
_ADD_ORDERS = bulk_insert(
    seat_order,
    suffix="on conflict (organization_id, id) do update set product_name = excluded.product_name "
    "where seat_order.product_name = '' and excluded.product_name <> ''",
)


class StoredContainers:
    """The containers that one transaction sees."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def get(self, organization_id: UUID, kind: ContainerKind, container_id: UUID) -> Container | None:
        row = await self._transaction.one(_GET[kind], organization_id=organization_id, id=container_id)
        return _container(kind, row) if row else None

    async def lock(self, organization_id: UUID, kind: ContainerKind, container_id: UUID) -> Container | None:
        """Read it, and keep others from giving its seats until the transaction ends."""
        row = await self._transaction.one(_LOCK[kind], organization_id=organization_id, id=container_id)
        return _container(kind, row) if row else None

    async def lock_many(self, kind: ContainerKind, keys: Set[ContainerKey]) -> list[Container]:
        """The same for many."""
        return [_container(kind, row) for row in await self._transaction.all(_LOCK_MANY[kind], **key_arrays(keys))] if keys else []

    async def add_orders(self, containers: Sequence[Container]) -> None:
        """Orders that sold seats; those that are there get a name at most. No order twice."""
        rows = [{column.name: getattr(each, column.name) for column in seat_order.columns} for each in containers]
        await self._transaction.many(_ADD_ORDERS, sorted(rows, key=lambda row: (row["organization_id"], row["id"])))


def _container(kind: ContainerKind, row: Row) -> Container:
    return Container(
        kind=kind,
        id=row["id"],
        organization_id=row["organization_id"],
        customer_id=row["customer_id"],
        product_id=row["product_id"],
        product_name=row["product_name"],
        seats=row["seats"],
        assignable=row["assignable"],
        has_ended="status" in row and Status(row["status"]) in ENDED,
        is_incomplete=row.get("status") == Status.INCOMPLETE,
    )
