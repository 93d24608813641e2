"""Saved payment methods as rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, select

from services.chassis.database import Row, Transaction
from services.chassis.ids import new_id
from services.chassis.pagination import Page, paged
from services.chassis.sql import Statement, bulk_insert, bulk_update, compile_statement
from services.payments.domain.payment_method import MethodDetails, PaymentMethod
from services.payments.storage.tables import payment_method as table
from services.payments.storage.tables import processor_customer
from services.payments.usecases.ports import Detachment

_INSERT = bulk_insert(table, suffix="on conflict (processor_id) do nothing returning *")
_DETAILS = ("type", "brand", "last4", "exp_month", "exp_year", "country", "fingerprint")
_UPDATE = bulk_update(table, key=["processor_id"], columns=[*_DETAILS, "modified_at"], suffix="and payment_method.deleted_at is null")
_IDS = Statement("select id, processor_id from payment_method where processor_id = any(%(processor_ids)s)")
_MAKE_DEFAULT = Statement(
    """
    update processor_customer c set default_payment_method_id = first.id
    from (select distinct on (organization_id, customer_id) id, organization_id, customer_id from payment_method
          where id = any(%(ids)s) order by organization_id, customer_id, id) first
    where c.organization_id = first.organization_id and c.customer_id = first.customer_id and c.default_payment_method_id is null
    returning c.default_payment_method_id
    """
)
_FORGET = Statement(
    """
    update payment_method m set deleted_at = %(now)s, modified_at = %(now)s, version = version + 1, detach_at = %(detach_at)s
    from processor_customer c
    where m.id = any(%(ids)s) and m.deleted_at is null
      and c.organization_id = m.organization_id and c.customer_id = m.customer_id
    returning m.*, c.default_payment_method_id is not distinct from m.id as is_default
    """
)
_NEXT_DEFAULT = Statement(
    """
    update processor_customer c set default_payment_method_id = (
      select id from payment_method m
      where m.organization_id = c.organization_id and m.customer_id = c.customer_id and m.deleted_at is null
      order by m.created_at desc, m.id desc limit 1)
    where (c.organization_id, c.customer_id) in (
      select organization_id, customer_id from payment_method where id = any(%(ids)s))
      and c.default_payment_method_id = any(%(ids)s)
    """
)
_CLAIM_DETACHMENTS = Statement(
    """
    update payment_method set detach_at = %(until)s where id in (
      select id from payment_method where detach_at <= %(now)s order by detach_at limit %(limit)s for update skip locked)
    returning id, processor_id
    """
)
_DETACHED = Statement("update payment_method set detach_at = null where id = any(%(ids)s)")
_customer = and_(processor_customer.c.organization_id == table.c.organization_id, processor_customer.c.customer_id == table.c.customer_id)
_with_default = (
    select(table, processor_customer.c.default_payment_method_id.is_not_distinct_from(table.c.id).label("is_default"))
    .join(processor_customer, _customer)
    .where(table.c.deleted_at.is_(None))
)
_GET = compile_statement(_with_default.where(table.c.organization_id == bindparam("organization_id"), table.c.id == bindparam("id")))


class PaymentMethodRows:
    """The repository of payment methods."""

    async def ensure(
        self, transaction: Transaction, methods: Sequence[tuple[UUID, UUID, MethodDetails]], now: datetime
    ) -> tuple[dict[str, UUID], list[PaymentMethod]]:
        if not methods:
            return {}, []
        by_processor_id = {details.processor_id: _new_row(*method, now) for method in methods for details in method[2:]}
        inserted = await transaction.many(_INSERT, [by_processor_id[key] for key in sorted(by_processor_id)])
        defaults: set[UUID] = set()
        if inserted:
            rows = await transaction.all(_MAKE_DEFAULT, ids=[row["id"] for row in inserted])
            defaults = {row["default_payment_method_id"] for row in rows}
        known = await transaction.all(_IDS, processor_ids=list(by_processor_id))
        new = [_row_to_method({**row, "is_default": row["id"] in defaults}) for row in inserted]
        return {row["processor_id"]: row["id"] for row in known}, new

    async def get(self, transaction: Transaction, organization_id: UUID, method_id: UUID) -> PaymentMethod | None:
        row = await transaction.one(_GET, organization_id=organization_id, id=method_id)
        return _row_to_method(row) if row else None

    async def forget(self, transaction: Transaction, ids: Sequence[UUID], now: datetime, *, detached: bool) -> list[PaymentMethod]:
        rows = await transaction.all(_FORGET, ids=list(ids), now=now, detach_at=None if detached else now)
        if rows:
            await transaction.execute(_NEXT_DEFAULT, ids=[row["id"] for row in rows])
        return [_row_to_method(row) for row in rows]

    async def update(self, transaction: Transaction, details: Sequence[MethodDetails], now: datetime) -> None:
        latest = {each.processor_id: each for each in details}
        await transaction.many(_UPDATE, [{**_details_row(each), "modified_at": now} for each in latest.values()])

    async def by_processor_id(self, transaction: Transaction, processor_ids: Sequence[str]) -> list[UUID]:
        return [row["id"] for row in await transaction.all(_IDS, processor_ids=list(processor_ids))]

    async def claim_detachments(self, transaction: Transaction, now: datetime, until: datetime, limit: int) -> list[Detachment]:
        rows = await transaction.all(_CLAIM_DETACHMENTS, now=now, until=until, limit=limit)
        return [Detachment(row["id"], row["processor_id"]) for row in rows]

    async def detached(self, transaction: Transaction, ids: Sequence[UUID]) -> None:
        await transaction.execute(_DETACHED, ids=list(ids))

    async def page(self, transaction: Transaction, organization_id: UUID, customer_id: UUID, page: Page) -> tuple[list[PaymentMethod], str]:
        query = _with_default.where(table.c.organization_id == organization_id, table.c.customer_id == customer_id)
        rows = await transaction.all(compile_statement(paged(query, page, table.c.created_at, table.c.id)))
        return [_row_to_method(row) for row in rows[: page.size]], page.next_token(rows)


def _new_row(organization_id: UUID, customer_id: UUID, details: MethodDetails, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "organization_id": organization_id,
        "customer_id": customer_id,
        **_details_row(details),
        "version": 1,
        "detach_at": None,
        "deleted_at": None,
        "created_at": now,
        "modified_at": now,
    }


def _details_row(details: MethodDetails) -> dict[str, Any]:
    return {"processor_id": details.processor_id, **{name: getattr(details, name) for name in _DETAILS}}


def _row_to_method(row: Row) -> PaymentMethod:
    return PaymentMethod(
        id=row["id"],
        organization_id=row["organization_id"],
        customer_id=row["customer_id"],
        details=MethodDetails(processor_id=row["processor_id"], **{name: row[name] for name in _DETAILS}),
        is_default=row["is_default"],
        version=row["version"],
        created_at=row["created_at"],
        modified_at=row["modified_at"],
    )
