"""Saved payment methods as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, bindparam, select

from services.chassis.database import Transaction
from services.chassis.organization_clock import NowOf
from services.chassis.pagination import Page, paged
from services.chassis.sql import Statement, bulk_insert, bulk_update, compile_statement
from services.payments.domain.payment_method import MethodDetails, PaymentMethod
from services.payments.storage.default_methods import choose_default, first_becomes_default, hold_owners, replace_defaults
from services.payments.storage.payment_method_rows import DETAILS, details_row, new_row, row_to_method
from services.payments.storage.tables import payment_method as table
from services.payments.storage.tables import processor_customer
from services.payments.usecases.ports import Detachment, Kept, NewMethod

_INSERT = bulk_insert(table, suffix="on conflict (processor_id) do nothing returning *")
_UPDATE = bulk_update(table, key=["processor_id"], columns=[*DETAILS, "modified_at"], suffix="and payment_method.deleted_at is null")
_OWNERS = Statement("select id, organization_id, processor_id from payment_method where processor_id = any(%(processor_ids)s)")
_FORGET = Statement(
    """
    update payment_method m set deleted_at = u.now, modified_at = u.now, version = version + 1, detach_at = %(detach_at)s
    from unnest(%(ids)s::uuid[], %(times)s::timestamptz[]) as u(id, now), processor_customer c
    where m.id = u.id and m.deleted_at is null
      and c.organization_id = m.organization_id and c.customer_id = m.customer_id
    returning m.*, c.default_payment_method_id is not distinct from m.id as is_default
    """
)
_SAVED = Statement(
    """
    select m.*, c.default_payment_method_id is not distinct from m.id as is_default
    from payment_method m join processor_customer c on c.organization_id = m.organization_id and c.customer_id = m.customer_id
    where m.organization_id = %(organization_id)s and m.deleted_at is null and m.id = any(%(ids)s::uuid[] || array(
      select default_payment_method_id from processor_customer
      where organization_id = %(organization_id)s and customer_id = any(%(customer_ids)s) and default_payment_method_id is not null))
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

    async def ensure(self, transaction: Transaction, methods: Sequence[NewMethod], now_of: NowOf) -> Kept:
        if not methods:
            return Kept({}, [], [])
        by_processor_id = {each.details.processor_id: each for each in methods}
        rows = [
            new_row(each.organization_id, each.customer_id, each.details, now_of(each.organization_id))
            for _, each in sorted(by_processor_id.items())
        ]
        await hold_owners(transaction, customers=[(each.organization_id, each.customer_id) for each in methods])
        inserted = await transaction.many(_INSERT, rows)
        new_ids = [row["id"] for row in inserted]
        # One of each customer, should several be added at once.
        chosen = {row["customer_id"]: row["id"] for row in inserted if by_processor_id[row["processor_id"]].as_default}
        first = await first_becomes_default(transaction, new_ids) if new_ids else set()
        former = await choose_default(transaction, list(chosen.values()), now_of, told=new_ids) if chosen else []
        known = await self.owners(transaction, list(by_processor_id))
        new = [
            row_to_method({**row, "is_default": chosen.get(row["customer_id"], row["id"] if row["id"] in first else None) == row["id"]})
            for row in inserted
        ]
        return Kept({processor_id: method_id for processor_id, (method_id, _) in known.items()}, new, former)

    async def get(self, transaction: Transaction, organization_id: UUID, method_id: UUID) -> PaymentMethod | None:
        row = await transaction.one(_GET, organization_id=organization_id, id=method_id)
        return row_to_method(row) if row else None

    async def saved(
        self, transaction: Transaction, organization_id: UUID, ids: Sequence[UUID], customer_ids: Sequence[UUID]
    ) -> list[PaymentMethod]:
        rows = await transaction.all(_SAVED, organization_id=organization_id, ids=list(ids), customer_ids=list(customer_ids))
        return [row_to_method(row) for row in rows]

    async def choose_default(self, transaction: Transaction, method_id: UUID, now_of: NowOf) -> list[PaymentMethod]:
        await hold_owners(transaction, [method_id])
        return await choose_default(transaction, [method_id], now_of)

    async def forget(
        self, transaction: Transaction, owners: Mapping[UUID, UUID], now_of: NowOf, detach_at: datetime | None
    ) -> tuple[list[PaymentMethod], list[PaymentMethod]]:
        if not owners:
            return [], []
        await hold_owners(transaction, owners)
        times = [now_of(organization_id) for organization_id in owners.values()]
        rows = await transaction.all(_FORGET, ids=list(owners), times=times, detach_at=detach_at)
        defaults = await replace_defaults(transaction, [row["id"] for row in rows], now_of) if rows else []
        return [row_to_method(row) for row in rows], defaults

    async def update(self, transaction: Transaction, details: Sequence[MethodDetails], times: Mapping[str, datetime]) -> None:
        latest = {each.processor_id: each for each in details if each.processor_id in times}
        rows = [{**details_row(each), "modified_at": times[each.processor_id]} for each in latest.values()]
        await transaction.many(_UPDATE, rows)

    async def owners(self, transaction: Transaction, processor_ids: Sequence[str]) -> Mapping[str, tuple[UUID, UUID]]:
        rows = await transaction.all(_OWNERS, processor_ids=list(processor_ids))
        return {row["processor_id"]: (row["id"], row["organization_id"]) for row in rows}

    async def claim_detachments(self, transaction: Transaction, now: datetime, until: datetime, limit: int) -> list[Detachment]:
        rows = await transaction.all(_CLAIM_DETACHMENTS, now=now, until=until, limit=limit)
        return [Detachment(row["id"], row["processor_id"]) for row in rows]

    async def detached(self, transaction: Transaction, ids: Sequence[UUID]) -> None:
        await transaction.execute(_DETACHED, ids=list(ids))

    async def page(self, transaction: Transaction, organization_id: UUID, customer_id: UUID, page: Page) -> tuple[list[PaymentMethod], str]:
        query = _with_default.where(table.c.organization_id == organization_id, table.c.customer_id == customer_id)
        rows = await transaction.all(compile_statement(paged(query, page, table.c.created_at, table.c.id)))
        return [row_to_method(row) for row in rows[: page.size]], page.next_token(rows)
