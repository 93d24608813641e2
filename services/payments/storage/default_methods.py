"""Which of a customer's payment methods is the one to pay by. The row of the customer says it; each change is told by a new version."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from services.chassis.database import Transaction
from services.chassis.organization_clock import NowOf
from services.chassis.sql import Statement
from services.payments.domain.payment_method import PaymentMethod
from services.payments.storage.payment_method_rows import row_to_method

_FIRST = Statement(
    """
    update processor_customer c set default_payment_method_id = first.id
    from (select distinct on (organization_id, customer_id) id, organization_id, customer_id from payment_method
          where id = any(%(ids)s) order by organization_id, customer_id, id) first
    where c.organization_id = first.organization_id and c.customer_id = first.customer_id and c.default_payment_method_id is null
    returning c.default_payment_method_id as id
    """
)
# Whoever adds, chooses or deletes holds these rows first and reads afterwards: a default is never one that is gone meanwhile.
_HOLD = Statement(
    """
    select 1 from processor_customer where (organization_id, customer_id) in (
      select organization_id, customer_id from unnest(%(organization_ids)s::uuid[], %(customer_ids)s::uuid[])
        as u(organization_id, customer_id)
      union all select organization_id, customer_id from payment_method where id = any(%(ids)s))
    order by organization_id, customer_id for no key update
    """
)
_FORMER = Statement(
    """
    select c.default_payment_method_id as former, m.id as chosen, m.organization_id from processor_customer c join payment_method m
      on m.organization_id = c.organization_id and m.customer_id = c.customer_id
    where m.id = any(%(ids)s) and m.deleted_at is null
    """
)
_CHOOSE = Statement(
    """
    update processor_customer c set default_payment_method_id = m.id from payment_method m
    where m.id = any(%(ids)s) and m.organization_id = c.organization_id and m.customer_id = c.customer_id
    """
)
# The newest of those that are left.
_NEXT = Statement(
    """
    update processor_customer c set default_payment_method_id = (
      select id from payment_method m
      where m.organization_id = c.organization_id and m.customer_id = c.customer_id and m.deleted_at is null
      order by m.created_at desc, m.id desc limit 1)
    where (c.organization_id, c.customer_id) in (
      select organization_id, customer_id from payment_method where id = any(%(ids)s))
      and c.default_payment_method_id = any(%(ids)s)
    returning c.organization_id, c.default_payment_method_id as id
    """
)
_TELL = Statement(
    """
    update payment_method m set version = version + 1, modified_at = u.now
    from unnest(%(ids)s::uuid[], %(times)s::timestamptz[]) as u(id, now) where m.id = u.id and m.deleted_at is null
    returning m.*, m.id = any(%(defaults)s) as is_default
    """
)


async def hold_owners(transaction: Transaction, method_ids: Collection[UUID] = (), customers: Collection[tuple[UUID, UUID]] = ()) -> None:
    """Keep others from changing the payment methods of these customers (organization and id), and of those who have the methods."""
    owners = sorted(set(customers))
    await transaction.execute(
        _HOLD, ids=list(method_ids), organization_ids=[owner[0] for owner in owners], customer_ids=[owner[1] for owner in owners]
    )


async def first_becomes_default(transaction: Transaction, ids: Sequence[UUID]) -> set[UUID]:
    """Of the new ones those that are the first of their customers, who pay by them from now on."""
    return {row["id"] for row in await transaction.all(_FIRST, ids=list(ids))}


async def choose_default(
    transaction: Transaction, ids: Sequence[UUID], now_of: NowOf, *, told: Collection[UUID] = ()
) -> list[PaymentMethod]:
    """Make each the default of its customer, who is held.

    Those that are the default now, or were until now, with their new versions; but for those in `told`, whose state is told otherwise.
    """
    rows = await transaction.all(_FORMER, ids=list(ids))
    moved = [row for row in rows if row["former"] != row["chosen"]]
    if not moved:
        return []
    await transaction.execute(_CHOOSE, ids=[row["chosen"] for row in moved])
    times = {row[name]: now_of(row["organization_id"]) for row in moved for name in ("chosen", "former") if row[name]}
    return await _told(transaction, {key: time for key, time in times.items() if key not in told}, [row["chosen"] for row in moved])


async def replace_defaults(transaction: Transaction, gone: Sequence[UUID], now_of: NowOf) -> list[PaymentMethod]:
    """The new default of each customer whose default is gone."""
    rows = await transaction.all(_NEXT, ids=list(gone))
    times = {row["id"]: now_of(row["organization_id"]) for row in rows if row["id"]}
    return await _told(transaction, times, list(times))


async def _told(transaction: Transaction, times: dict[UUID, datetime], defaults: Sequence[UUID]) -> list[PaymentMethod]:
    if not times:
        return []
    rows = await transaction.all(_TELL, ids=list(times), times=list(times.values()), defaults=list(defaults))
    return [row_to_method(row) for row in rows]
