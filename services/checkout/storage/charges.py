"""Charges of orders in PostgreSQL. `look_at` is when somebody has to see to one, by the machine's time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, func, select

from services.chassis.database import Row, Transaction
from services.chassis.sql import Statement, bulk_insert, bulk_update, compile_statement
from services.checkout.domain.charge import Charge, ChargeStatus, ChargeTrigger, look_at
from services.checkout.storage.tables import order_charge as table
from services.checkout.usecases.order_ports import Bill

_ADD = bulk_insert(table)
_SAVE = bulk_update(table, key=("order_id", "attempt"), columns=("status", "look_at"))
_SAVE_UNASKED = bulk_update(table, key=("order_id", "attempt"), columns=("status", "look_at"), suffix="and order_charge.status = 'unasked'")
_SAVE_ASKED = bulk_update(table, key=("order_id", "attempt"), columns=("status", "look_at"), suffix="and order_charge.status = 'asked'")
_UNDER_WAY = compile_statement(
    select(table).where(table.c.order_id == func.any(bindparam("order_ids", type_=ARRAY(Uuid))), table.c.status != "over")
)
_OF_REQUEST = compile_statement(
    select(table).where(table.c.order_id == bindparam("order_id"), table.c.request_id == bindparam("request_id"))
)
_COUNT_BY_CUSTOMER = Statement("select count(*) as count from order_charge where order_id = %(order_id)s and trigger = 'customer'")
# Whoever takes a charge has the lease of it; others leave it alone until the lease is over.
_LEASE = Statement(
    "update order_charge as c set look_at = %(until)s from ("
    "select order_id, attempt from order_charge where status = 'unasked' and look_at <= %(now)s "
    "order by look_at limit %(limit)s for update skip locked) as due "
    "where c.order_id = due.order_id and c.attempt = due.attempt returning c.*"
)
_BILLS = Statement(
    "select o.id as order_id, o.due_amount, o.currency, o.description, o.payment_method_id, "
    "c.id as customer_id, c.email, c.name, c.billing_name from orders o join customer c on c.id = o.customer_id "
    "where o.id = any(%(order_ids)s::uuid[])"
)
_UNANSWERED = Statement(
    "select * from order_charge where status in ('asked', 'awaiting_buyer') and look_at <= %(now)s "
    "and not (status = 'awaiting_buyer' and trigger = 'customer' and is_sandbox(organization_id)) order by look_at limit %(limit)s"
)
# A sandbox's buyer is waited for by the sandbox's time.
_AWAITED_OF = (
    "from order_charge where organization_id = %(organization_id)s and is_sandbox(organization_id) "
    "and status = 'awaiting_buyer' and trigger = 'customer' and created_at <= %(until)s"
)
_ABANDONED_OF = Statement(f"select * {_AWAITED_OF} order by created_at limit %(limit)s")
_OLDEST_AWAITED = Statement(f"select min(created_at) as begun {_AWAITED_OF}")
_COUNT_UNFINISHED = Statement(
    # For an absent buyer nobody waits: that is canceled, which is work in flight.
    "select count(*) filter (where status = 'unasked') as unasked, "
    "count(*) filter (where status = 'asked' or (status = 'awaiting_buyer' and trigger <> 'customer')) as asked from order_charge "
    "where organization_id = %(organization_id)s and status <> 'over' and is_sandbox(organization_id)"
)


class StoredCharges:
    """The charges that one transaction sees."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, charges: Sequence[Charge], now: datetime) -> None:
        await self._transaction.many(_ADD, [charge_to_row(charge, now) for charge in charges])

    async def save(self, charges: Sequence[Charge], now: datetime) -> None:
        """How far they are."""
        await self._transaction.many(_SAVE, [charge_to_row(charge, now) for charge in charges])

    async def save_unasked(self, charges: Sequence[Charge], now: datetime) -> None:
        """Those that are still to be asked for."""
        await self._transaction.many(_SAVE_UNASKED, [charge_to_row(charge, now) for charge in charges])

    async def save_asked(self, charges: Sequence[Charge], now: datetime) -> None:
        """Those that are still asked for and unanswered."""
        await self._transaction.many(_SAVE_ASKED, [charge_to_row(charge, now) for charge in charges])

    async def under_way(self, order_ids: Sequence[UUID]) -> dict[UUID, Charge]:
        rows = await self._transaction.all(_UNDER_WAY, order_ids=list(order_ids))
        return {row["order_id"]: row_to_charge(row) for row in rows}

    async def of_request(self, order_id: UUID, request_id: str) -> Charge | None:
        row = await self._transaction.one(_OF_REQUEST, order_id=order_id, request_id=request_id)
        return row_to_charge(row) if row else None

    async def count_by_customer(self, order_id: UUID) -> int:
        row = await self._transaction.one(_COUNT_BY_CUSTOMER, order_id=order_id)
        return row["count"] if row else 0

    async def lease(self, now: datetime, until: datetime, limit: int) -> list[Charge]:
        return [row_to_charge(row) for row in await self._transaction.all(_LEASE, now=now, until=until, limit=limit)]

    async def bills(self, order_ids: Sequence[UUID]) -> dict[UUID, Bill]:
        rows = await self._transaction.all(_BILLS, order_ids=list(order_ids))
        return {row["order_id"]: _bill(row) for row in rows}

    async def unanswered(self, now: datetime, limit: int) -> list[Charge]:
        return [row_to_charge(row) for row in await self._transaction.all(_UNANSWERED, now=now, limit=limit)]

    async def abandoned_of(self, sandbox_id: UUID, before: datetime, limit: int) -> list[Charge]:
        rows = await self._transaction.all(_ABANDONED_OF, organization_id=sandbox_id, until=before, limit=limit)
        return [row_to_charge(row) for row in rows]

    async def oldest_awaited(self, sandbox_id: UUID, until: datetime) -> datetime | None:
        row = await self._transaction.one(_OLDEST_AWAITED, organization_id=sandbox_id, until=until)
        return row["begun"] if row else None

    async def count_unfinished(self, organization_id: UUID) -> tuple[int, int]:
        row = await self._transaction.one(_COUNT_UNFINISHED, organization_id=organization_id)
        return (row["unasked"], row["asked"]) if row else (0, 0)


def _bill(row: Row) -> Bill:
    return Bill(
        row["order_id"],
        row["due_amount"],
        row["currency"],
        row["description"],
        row["payment_method_id"],
        row["customer_id"],
        row["email"],
        row["billing_name"] or row["name"],
    )


def charge_to_row(charge: Charge, now: datetime) -> dict[str, Any]:
    return {
        "order_id": charge.order_id,
        "attempt": charge.attempt,
        "organization_id": charge.organization_id,
        "trigger": charge.trigger,
        "status": charge.status,
        "payment_id": charge.payment_id,
        "request_id": charge.request_id,
        "request_hash": charge.request_hash,
        "created_at": charge.created_at,
        "look_at": look_at(charge, now),
    }


def row_to_charge(row: Row) -> Charge:
    return Charge(
        row["order_id"],
        row["organization_id"],
        row["attempt"],
        ChargeTrigger(row["trigger"]),
        ChargeStatus(row["status"]),
        row["payment_id"],
        row["created_at"],
        row["request_id"],
        bytes(row["request_hash"]) if row["request_hash"] is not None else None,
    )
