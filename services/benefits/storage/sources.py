"""Who is entitled by what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from services.benefits.domain.source import Source, SourceKind
from services.benefits.storage.tables import entitlement_source
from services.benefits.usecases.ports import Work
from services.chassis.database import Row, Transaction
from services.chassis.sql import Statement, bulk_insert, bulk_update

_KNOWN = Statement("select id from entitlement_source where id = any(%(ids)s)")
_ENSURE = bulk_insert(entitlement_source, suffix="on conflict do nothing")
_UPDATE = bulk_update(
    entitlement_source,
    key=("id",),
    columns=[column.name for column in entitlement_source.columns if column.name not in ("id", "organization_id", "kind", "container_id")],
)
# Seats before what sold them, which whoever changes a seat reads under a shared lock: nobody waits in a circle.
_LOCK = Statement("select * from entitlement_source where id = any(%(ids)s) order by (container_id is null), id for no key update")
_LOCK_SHARED = Statement("select * from entitlement_source where id = any(%(ids)s) order by id for share")
_NEXT = "id > %(after)s order by id limit %(limit)s"
_OF_WORK = {
    "product": Statement(f"select id from entitlement_source where product_id = %(subject_id)s and {_NEXT}"),
    "customer": Statement(f"select id from entitlement_source where customer_id = %(subject_id)s and {_NEXT}"),
    "organization": Statement(
        f"select id from entitlement_source where organization_id = %(subject_id)s and status = 'past_due' and {_NEXT}"
    ),
    "container": Statement(f"select id from entitlement_source where container_id = %(subject_id)s and {_NEXT}"),
}
# As the indexes spell it: a sandbox's is looked for by its own clock alone.
_GRACE_OVER = Statement(
    "select id from entitlement_source where grace_ends_at <= %(now)s and not is_sandbox(organization_id) "
    "order by grace_ends_at limit %(limit)s for no key update skip locked"
)
_OF_SANDBOX = "from entitlement_source where organization_id = %(sandbox)s and is_sandbox(organization_id) and grace_ends_at <= %(until)s"
_GRACE_OVER_IN = Statement(f"select id {_OF_SANDBOX} order by grace_ends_at limit %(limit)s for no key update")
_NEXT_END_OF_GRACE = Statement(f"select min(grace_ends_at) as due_at {_OF_SANDBOX}")
_AFTER = Statement(f"select id from entitlement_source where {_NEXT}")
# Entitled without a grant, or a grant without the right to it, or a seat that does not go by what sold it.
_DIVERGED = Statement("""
select s.id from entitlement_source s
  join product_benefit l on l.product_id = s.product_id
  join customer c on c.id = s.customer_id and not c.is_deleted
  left join benefit_grant g on g.source_id = s.id and g.customer_id = s.customer_id and g.benefit_id = l.benefit_id and g.status = 'granted'
  where s.id = any(%(ids)s) and s.is_entitled and g.id is null
union
select g.source_id from benefit_grant g
  join entitlement_source s on s.id = g.source_id
  left join customer c on c.id = s.customer_id
  left join product_benefit l on l.product_id = s.product_id and l.benefit_id = g.benefit_id
  where g.source_id = any(%(ids)s) and g.status = 'granted' 
    and (not s.is_entitled or g.customer_id is distinct from s.customer_id or c.is_deleted or l.benefit_id is null)
union
select s.id from entitlement_source s
  join entitlement_source b on b.id = s.container_id
  left join customer c on c.id = s.customer_id
  where s.id = any(%(ids)s) and (s.product_id <> b.product_id
    or s.is_entitled <> (s.status = 'claimed' and b.in_force and c.id is not null and not coalesce(c.is_deleted, true)))
""")
_FIRST = UUID(int=0)


class SourceStore:
    """Rows of `entitlement_source`."""

    async def ensure(self, transaction: Transaction, sources: Iterable[Source]) -> None:
        """Have a row for each source; those that are there stay as they are."""
        wanted = {source.id: source for source in sources}
        known = {row["id"] for row in await transaction.all(_KNOWN, ids=list(wanted))}
        await transaction.many(_ENSURE, [_to_row(wanted[source_id]) for source_id in sorted(wanted.keys() - known)])

    async def lock(self, transaction: Transaction, source_ids: Collection[UUID]) -> list[Source]:
        """To be changed."""
        return [_from_row(row) for row in await transaction.all(_LOCK, ids=list(source_ids))] if source_ids else []

    async def lock_shared(self, transaction: Transaction, source_ids: Collection[UUID]) -> list[Source]:
        """As they stay until the end of the transaction."""
        return [_from_row(row) for row in await transaction.all(_LOCK_SHARED, ids=list(source_ids))] if source_ids else []

    async def save(self, transaction: Transaction, sources: Sequence[Source]) -> None:
        """Changed ones."""
        await transaction.many(_UPDATE, [_to_row(source) for source in sources])

    async def of_work(self, transaction: Transaction, work: Work, limit: int) -> list[UUID]:
        """The next sources of a work, after those that are done."""
        statement, after = _OF_WORK[work.scope], work.after_source_id or _FIRST
        return [row["id"] for row in await transaction.all(statement, subject_id=work.subject_id, after=after, limit=limit)]

    async def with_grace_over(self, transaction: Transaction, now: datetime, limit: int) -> list[UUID]:
        """Past-due sources of live organizations whose grace is over, locked; those in others' hands are left to them."""
        return [row["id"] for row in await transaction.all(_GRACE_OVER, now=now, limit=limit)]

    async def with_grace_over_in(self, transaction: Transaction, sandbox: UUID, now: datetime, limit: int) -> list[UUID]:
        """Those of a sandbox, by its own time."""
        return [row["id"] for row in await transaction.all(_GRACE_OVER_IN, sandbox=sandbox, until=now, limit=limit)]

    async def next_end_of_grace(self, transaction: Transaction, sandbox: UUID, until: datetime) -> datetime | None:
        """When the next grace of a sandbox is over, up to and with an instant."""
        row = await transaction.one(_NEXT_END_OF_GRACE, sandbox=sandbox, until=until)
        return row["due_at"] if row else None

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
