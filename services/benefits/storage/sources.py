"""Who is entitled by what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from services.benefits.domain.source import Observation, Source, SourceKind
from services.benefits.storage.tables import entitlement_source
from services.benefits.usecases.ports import Work
from services.chassis.database import Row, Transaction
from services.chassis.sql import Statement, bulk_insert, bulk_update

_ENSURE = bulk_insert(entitlement_source, suffix="on conflict do nothing")
_UPDATE = bulk_update(
    entitlement_source,
    key=("id",),
    columns=[column.name for column in entitlement_source.columns if column.name not in ("id", "organization_id", "kind", "customer_id")],
)
_LOCK = Statement("select * from entitlement_source where id = any(%(ids)s) order by id for no key update")
_NEXT = "id > %(after)s order by id limit %(limit)s"
_OF_WORK = {
    "product": Statement(f"select id from entitlement_source where product_id = %(subject_id)s and {_NEXT}"),
    "customer": Statement(f"select id from entitlement_source where customer_id = %(subject_id)s and {_NEXT}"),
    "organization": Statement(
        f"select id from entitlement_source where organization_id = %(subject_id)s and status = 'past_due' and {_NEXT}"
    ),
}
_GRACE_OVER = Statement(
    "select id from entitlement_source where grace_ends_at <= %(now)s order by grace_ends_at limit %(limit)s for no key update skip locked"
)
_AFTER = Statement(f"select id from entitlement_source where {_NEXT}")
# Entitled without a grant, or a grant without the right to it.
_DIVERGED = Statement("""
select s.id from entitlement_source s
  join product_benefit l on l.product_id = s.product_id
  join customer c on c.id = s.customer_id and not c.is_deleted
  left join benefit_grant g on g.source_id = s.id and g.benefit_id = l.benefit_id and g.status = 'granted'
  where s.id = any(%(ids)s) and s.is_entitled and g.id is null
union
select g.source_id from benefit_grant g
  join entitlement_source s on s.id = g.source_id
  join customer c on c.id = s.customer_id
  left join product_benefit l on l.product_id = s.product_id and l.benefit_id = g.benefit_id
  where g.source_id = any(%(ids)s) and g.status = 'granted' and (not s.is_entitled or c.is_deleted or l.benefit_id is null)
""")
_FIRST = UUID(int=0)


class SourceStore:
    """Rows of `entitlement_source`."""

    async def ensure(self, transaction: Transaction, observations: Iterable[Observation]) -> None:
        """Have a row for each source, of which nothing is known yet."""
        sources = [Source(seen.source_id, seen.organization_id, seen.kind, seen.customer_id, seen.product_id) for seen in observations]
        await transaction.many(_ENSURE, [_to_row(source) for source in sorted(sources, key=lambda source: source.id)])

    async def lock(self, transaction: Transaction, source_ids: Collection[UUID]) -> list[Source]:
        """To be changed, in the order of their ids."""
        return [_from_row(row) for row in await transaction.all(_LOCK, ids=list(source_ids))] if source_ids else []

    async def save(self, transaction: Transaction, sources: Sequence[Source]) -> None:
        """Changed ones."""
        await transaction.many(_UPDATE, [_to_row(source) for source in sources])

    async def of_work(self, transaction: Transaction, work: Work, limit: int) -> list[UUID]:
        """The next sources of a work, after those that are done."""
        statement, after = _OF_WORK[work.scope], work.after_source_id or _FIRST
        return [row["id"] for row in await transaction.all(statement, subject_id=work.subject_id, after=after, limit=limit)]

    async def with_grace_over(self, transaction: Transaction, now: datetime, limit: int) -> list[UUID]:
        """Past-due sources whose grace is over, locked; those in others' hands are left to them."""
        return [row["id"] for row in await transaction.all(_GRACE_OVER, now=now, limit=limit)]

    async def after(self, transaction: Transaction, source_id: UUID, limit: int) -> list[UUID]:
        """The next sources in the order of ids."""
        return [row["id"] for row in await transaction.all(_AFTER, after=source_id, limit=limit)]

    async def diverged(self, transaction: Transaction, source_ids: Collection[UUID]) -> list[UUID]:
        """Those of the sources whose grants are not what they should be."""
        return [row["id"] for row in await transaction.all(_DIVERGED, ids=list(source_ids))]


def _from_row(row: Row) -> Source:
    return Source(**{**row, "kind": SourceKind(row["kind"])})


def _to_row(source: Source) -> dict[str, object]:
    return {name: getattr(source, name) for name in source.__slots__}
