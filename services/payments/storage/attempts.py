"""Attempts as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from psycopg.errors import UniqueViolation
from sqlalchemy import bindparam, select

from services.chassis.database import Transaction
from services.chassis.pagination import Page, counted, paged
from services.chassis.sql import Statement, bulk_update, compile_statement
from services.payments.domain.attempt import Attempt, Kind
from services.payments.domain.errors import attempt_id_taken
from services.payments.storage.attempt_rows import attempt_to_row, row_to_attempt
from services.payments.storage.tables import attempt as table
from services.payments.usecases.ports import Backlog

_CHANGING = (
    "status",
    "method",
    "payment_method_id",
    "processor_id",
    "failure_code",
    "decline_code",
    "decline_message",
    "retryable",
    "redirect_url",
    "client_secret",
    "settlement_currency",
    "settlement_amount",
    "settlement_fee_amount",
    "settlement_net_amount",
    "settled_at",
    "available_at",
    "succeeded_at",
    "closed",
    "reads",
    "due_at",
    "version",
    "modified_at",
)
_names = [column.name for column in table.columns]
_INSERT = Statement(
    f"insert into attempt ({', '.join(_names)}) values ({', '.join(f'%({name})s' for name in _names)}) "
    "on conflict (organization_id, kind, subject_id, number) do nothing"
)
_UPDATE = bulk_update(table, key=["id"], columns=_CHANGING)
_one_kind = select(table).where(table.c.organization_id == bindparam("organization_id"), table.c.kind == bindparam("kind"))
_FIND = compile_statement(_one_kind.where(table.c.subject_id == bindparam("subject_id"), table.c.number == bindparam("number")))
_GET = compile_statement(_one_kind.where(table.c.id == bindparam("id")))
_LOCK = Statement("select * from attempt where id = any(%(ids)s) order by id for update")
_BY_PROCESSOR_ID = Statement("select id, processor_id from attempt where processor_id = any(%(processor_ids)s)")
_CLAIM_DUE = Statement(
    """
    update attempt set due_at = %(until)s, reads = reads + 1 where id in (
      select id from attempt where due_at <= %(now)s order by due_at limit %(limit)s for update skip locked)
    returning *
    """
)
_UNKNOWN = Statement(
    "select count(asked_at) as asked, count(*) - count(asked_at) as queued, min(asked_at) as oldest "
    "from attempt where status in ('pending', 'unknown')"
)
_SORT = {name: table.c[name] for name in ("created_at", "status", "amount", "method")}
_NULLABLE = ("method",)
"""The processor has yet to say it."""


class AttemptRows:
    """The repository of attempts."""

    async def add(self, transaction: Transaction, attempt: Attempt) -> bool:
        try:
            return bool(await transaction.execute(_INSERT, **attempt_to_row(attempt)))
        except UniqueViolation:
            raise attempt_id_taken(attempt.kind) from None

    async def find(self, transaction: Transaction, organization_id: UUID, kind: Kind, subject_id: UUID, number: int) -> Attempt | None:
        row = await transaction.one(_FIND, organization_id=organization_id, kind=kind, subject_id=subject_id, number=number)
        return row_to_attempt(row) if row else None

    async def get(self, transaction: Transaction, organization_id: UUID, kind: Kind, attempt_id: UUID) -> Attempt | None:
        row = await transaction.one(_GET, organization_id=organization_id, kind=kind, id=attempt_id)
        return row_to_attempt(row) if row else None

    async def lock(self, transaction: Transaction, ids: Sequence[UUID]) -> list[Attempt]:
        return [row_to_attempt(row) for row in await transaction.all(_LOCK, ids=list(ids))]

    async def by_processor_id(self, transaction: Transaction, processor_ids: Sequence[str]) -> Mapping[str, UUID]:
        if not processor_ids:
            return {}
        rows = await transaction.all(_BY_PROCESSOR_ID, processor_ids=list(processor_ids))
        return {row["processor_id"]: row["id"] for row in rows}

    async def save(self, transaction: Transaction, attempts: Sequence[Attempt]) -> None:
        await transaction.many(_UPDATE, [attempt_to_row(attempt) for attempt in attempts])

    async def claim_due(self, transaction: Transaction, now: datetime, until: datetime, limit: int) -> list[Attempt]:
        rows = await transaction.all(_CLAIM_DUE, now=now, until=until, limit=limit)
        return [row_to_attempt(row) for row in rows]

    async def page(
        self, transaction: Transaction, organization_id: UUID, page: Page, filters: Mapping[str, Sequence[object]]
    ) -> tuple[list[Attempt], str, int | None]:
        """Payments only; `filters` are columns with the values that they may have."""
        query = select(table).where(table.c.organization_id == organization_id, table.c.kind == Kind.PAYMENT.value)
        for name, values in filters.items():
            if values:
                query = query.where(table.c[name].in_(values))
        total = await transaction.one(compile_statement(counted(query))) if page.include_total else None
        nullable = page.sort_key in _NULLABLE
        rows = await transaction.all(compile_statement(paged(query, page, _SORT[page.sort_key], table.c.id, nullable=nullable)))
        return [row_to_attempt(row) for row in rows[: page.size]], page.next_token(rows), total["total"] if total else None

    async def oldest_unknown(self, transaction: Transaction) -> Backlog:
        row = await transaction.one(_UNKNOWN)
        assert row is not None, "an aggregate has one row"
        return Backlog(row["queued"], row["asked"], row["oldest"])
