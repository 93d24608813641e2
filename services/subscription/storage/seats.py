"""Seats in PostgreSQL. Every statement names the organization; row-level security does so again."""

from __future__ import annotations

from collections.abc import Sequence, Set
from uuid import UUID

from sqlalchemy import select

from services.chassis.database import Row, Transaction
from services.chassis.pagination import Page, paged
from services.chassis.sql import Statement, bulk_insert, bulk_update, compile_statement
from services.subscription.domain.seat import Holder, Seat, SeatStatus
from services.subscription.domain.seat_container import ContainerKind
from services.subscription.storage.keys import key_arrays
from services.subscription.storage.seat_tables import customer_seat as table
from services.subscription.usecases.ports import CustomerKey
from services.subscription.usecases.seat_ports import ContainerKey

_FIXED = ("organization_id", "id", "container_kind", "container_id", "created_at")
_OWN = "select * from customer_seat where organization_id = %(organization_id)s"
_GET = Statement(f"{_OWN} and id = %(id)s")
_LOCK = Statement(f"{_GET.text} for update")
_BY_TOKEN_HASH = Statement(f"{_OWN} and invitation_token_hash = %(token_hash)s")
# By e-mail alone only who was invited by it is found for a customer: an address may have had another owner.
_LOCK_OF_CUSTOMER = Statement(
    f"{_OWN} and container_id = %(container_id)s and status <> 'revoked' "
    "and (customer_id = %(customer_id)s or (customer_id is null and lower(email) = lower(%(email)s))) "
    "order by customer_id nulls last limit 1 for update"
)
_LOCK_OF_EMAIL = Statement(
    f"{_OWN} and container_id = %(container_id)s and status <> 'revoked' and lower(email) = lower(%(email)s) "
    "order by customer_id nulls first limit 1 for update"
)
_LOCK_REVOKED = Statement(
    f"{_OWN} and container_id = %(container_id)s and status = 'revoked' order by created_at, id limit 1 for update skip locked"
)
_KEYS = "unnest(%(organization_ids)s::uuid[], %(ids)s::uuid[]) as k (organization_id, id)"
_LOCK_LIVE = Statement(
    f"select s.* from customer_seat s join {_KEYS} on s.organization_id = k.organization_id and s.container_id = k.id "
    "where s.status <> 'revoked' order by s.organization_id, s.id for update of s"
)
_LOCK_LIVE_OF_CUSTOMERS = Statement(
    f"select s.* from customer_seat s join {_KEYS} on s.organization_id = k.organization_id and s.customer_id = k.id "
    "where s.status <> 'revoked' order by s.organization_id, s.id for update of s"
)
_COUNT = Statement(
    "select count(*) as count from customer_seat "
    "where organization_id = %(organization_id)s and container_id = %(container_id)s and status <> 'revoked'"
)
_ADD = bulk_insert(table)
_SAVE = bulk_update(table, key=("organization_id", "id"), columns=[column.name for column in table.columns if column.name not in _FIXED])


class StoredSeats:
    """The seats that one transaction sees."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def get(self, organization_id: UUID, seat_id: UUID) -> Seat | None:
        return _one(await self._transaction.one(_GET, organization_id=organization_id, id=seat_id))

    async def lock(self, organization_id: UUID, seat_id: UUID) -> Seat | None:
        """Read it, and keep others from changing it until the transaction ends."""
        return _one(await self._transaction.one(_LOCK, organization_id=organization_id, id=seat_id))

    async def by_token_hash(self, organization_id: UUID, token_hash: bytes) -> Seat | None:
        """The seat whose newest invitation it is, whatever became of it."""
        return _one(await self._transaction.one(_BY_TOKEN_HASH, organization_id=organization_id, token_hash=token_hash))

    async def lock_held(self, organization_id: UUID, container_id: UUID, holder: Holder) -> Seat | None:
        """The seat that somebody has in a container, or is invited to; a customer's own before an invitation of the same address."""
        statement = _LOCK_OF_EMAIL if holder.customer_id is None else _LOCK_OF_CUSTOMER
        row = await self._transaction.one(
            statement, organization_id=organization_id, container_id=container_id, customer_id=holder.customer_id, email=holder.email
        )
        return _one(row)

    async def lock_revoked(self, organization_id: UUID, container_id: UUID) -> Seat | None:
        """A seat to be used again."""
        return _one(await self._transaction.one(_LOCK_REVOKED, organization_id=organization_id, container_id=container_id))

    async def lock_live(self, containers: Set[ContainerKey]) -> list[Seat]:
        """All pending and claimed seats of some containers."""
        return [row_to_seat(row) for row in await self._transaction.all(_LOCK_LIVE, **key_arrays(containers))]

    async def lock_live_of_customers(self, customers: Set[CustomerKey]) -> list[Seat]:
        """All seats that some customers have or are invited to."""
        return [row_to_seat(row) for row in await self._transaction.all(_LOCK_LIVE_OF_CUSTOMERS, **key_arrays(customers))]

    async def assigned_count(self, organization_id: UUID, container_id: UUID) -> int:
        """How many seats of a subscription or order are pending or claimed; who has locked the container has the number."""
        row = await self._transaction.one(_COUNT, organization_id=organization_id, container_id=container_id)
        return int(row["count"]) if row else 0

    async def add(self, seats: Sequence[Seat]) -> None:
        """Store new ones."""
        await self._transaction.many(_ADD, [_seat_to_row(seat) for seat in seats])

    async def save(self, seats: Sequence[Seat]) -> None:
        """Store what changed."""
        await self._transaction.many(_SAVE, [_seat_to_row(seat) for seat in seats])

    async def page(self, organization_id: UUID, container_id: UUID, statuses: Sequence[str], page: Page) -> tuple[Sequence[Seat], str]:
        """One page of a container's seats, and the token of the next."""
        query = select(table).where(table.c.organization_id == organization_id, table.c.container_id == container_id)
        if statuses:
            query = query.where(table.c.status.in_(statuses))
        rows = await self._transaction.all(compile_statement(paged(query, page, table.c.created_at, table.c.id)))
        return [row_to_seat(row) for row in rows[: page.size]], page.next_token(rows)


def row_to_seat(row: Row) -> Seat:
    values = {name: row[name] for name in Seat.__slots__}
    token_hash = row["invitation_token_hash"]
    return Seat(
        **{
            **values,
            "status": SeatStatus(row["status"]),
            "container_kind": ContainerKind(row["container_kind"]),
            "invitation_token_hash": None if token_hash is None else bytes(token_hash),
        }
    )


def _seat_to_row(seat: Seat) -> dict[str, object]:
    values = {name: getattr(seat, name) for name in seat.__slots__}
    return {**values, "status": seat.status.value, "container_kind": seat.container_kind.value, "metadata": dict(seat.metadata)}


def _one(row: Row | None) -> Seat | None:
    return row_to_seat(row) if row else None
