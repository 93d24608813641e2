"""What is granted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Select, or_, select

from services.benefits.domain.errors import GrantNotFound
from services.benefits.domain.grant import Grant
from services.benefits.domain.source import SourceKind
from services.benefits.storage.license_keys import row_to_license_key
from services.benefits.storage.tables import benefit_grant, customer
from services.benefits.usecases.listing import GrantFilter, ShownGrant
from services.chassis.database import Row, Transaction
from services.chassis.errors import Conflict
from services.chassis.pagination import Page, counted, paged
from services.chassis.sql import Statement, bulk_insert, bulk_update, compile_statement

_INSERT = bulk_insert(benefit_grant)
# Read without a lock, for few grants of many change; then what is written follows what was read, or nothing is.
_UPDATE = bulk_update(
    benefit_grant,
    key=("id",),
    columns=("status", "granted_at", "revoked_at", "version", "modified_at"),
    suffix="and benefit_grant.version = u.version - 1 returning benefit_grant.id",
)
_OF_SOURCES = Statement("select * from benefit_grant where source_id = any(%(ids)s)")
_LIVE_OF_CUSTOMERS = Statement(
    "select * from benefit_grant where customer_id = any(%(ids)s) and status = 'granted' order by id for no key update"
)
_GET = Statement("select * from benefit_grant where organization_id = %(organization_id)s and id = %(id)s")
_KEYS = Statement("select * from license_key where grant_id = any(%(ids)s)")
_LOCK = Statement("select * from benefit_grant where id = %(id)s for no key update")


class GrantStore:
    """Rows of `benefit_grant`."""

    async def of_sources(self, transaction: Transaction, source_ids: Collection[UUID]) -> list[Grant]:
        """All grants of some sources, past ones too."""
        return [_from_row(row) for row in await transaction.all(_OF_SOURCES, ids=list(source_ids))] if source_ids else []

    async def live_of_customers(self, transaction: Transaction, customer_ids: Collection[UUID]) -> list[Grant]:
        """What some customers have now, to be changed."""
        return [_from_row(row) for row in await transaction.all(_LIVE_OF_CUSTOMERS, ids=list(customer_ids))]

    async def lock(self, transaction: Transaction, grant_id: UUID) -> Grant:
        """To be changed."""
        row = await transaction.one(_LOCK, id=grant_id)
        if row is None:
            raise GrantNotFound(grant_id)
        return _from_row(row)

    async def add(self, transaction: Transaction, grants: Sequence[Grant]) -> None:
        """New ones."""
        await transaction.many(_INSERT, [_to_row(grant) for grant in grants])

    async def save(self, transaction: Transaction, grants: Sequence[Grant]) -> None:
        """Changed ones, each by one fact. Conflict if somebody else changed one meanwhile."""
        if len(await transaction.many(_UPDATE, [_to_row(grant) for grant in grants])) < len(grants):
            raise Conflict("BUSY", "somebody else changed a grant meanwhile; try again", retry_after_seconds=0.05)

    async def show(self, transaction: Transaction, organization_id: UUID, grant_id: UUID) -> ShownGrant:
        """One, as callers see it. GrantNotFound."""
        row = await transaction.one(_GET, organization_id=organization_id, id=grant_id)
        if row is None:
            raise GrantNotFound(grant_id)
        return (await self._shown(transaction, [row]))[0]

    async def page(
        self, transaction: Transaction, organization_id: UUID, wanted: GrantFilter, page: Page
    ) -> tuple[list[ShownGrant], str, int | None]:
        """A page, the token of the next, and the total if asked for."""
        grant = benefit_grant.c
        query = select(benefit_grant).where(grant.organization_id == organization_id)
        for column, values in ((grant.customer_id, wanted.customer_ids), (grant.benefit_id, wanted.benefit_ids)):
            if values:
                query = query.where(column.in_(values))
        if wanted.external_customer_ids:
            query = query.where(grant.customer_id.in_(_called(organization_id, wanted.external_customer_ids)))
        for bought_by in wanted.bought_by:
            query = query.where(or_(grant.source_id == bought_by, grant.container_id == bought_by))
        if wanted.is_granted is not None:
            query = query.where(grant.status == "granted" if wanted.is_granted else grant.status != "granted")
        rows = await transaction.all(compile_statement(paged(query, page, grant.created_at, grant.id)))
        total = await transaction.one(compile_statement(counted(query))) if page.include_total else None
        return await self._shown(transaction, rows[: page.size]), page.next_token(rows), total["total"] if total else None

    async def _shown(self, transaction: Transaction, rows: Sequence[Row]) -> list[ShownGrant]:
        found = await transaction.all(_KEYS, ids=[row["id"] for row in rows]) if rows else []
        keys = {row["grant_id"]: row_to_license_key(row) for row in found}
        return [ShownGrant(_from_row(row), keys.get(row["id"])) for row in rows]


def _called(organization_id: UUID, external_ids: Sequence[str]) -> Select[tuple[UUID]]:
    """The customers that the merchant calls so; a deleted one has lost its name."""
    named = (customer.c.organization_id == organization_id, customer.c.external_id.in_(external_ids), ~customer.c.is_deleted)
    return select(customer.c.id).where(*named)


def _from_row(row: Row) -> Grant:
    return Grant(**{name: row[name] for name in Grant.__slots__ if name != "source_kind"}, source_kind=SourceKind(row["source_kind"]))


def _to_row(grant: Grant) -> dict[str, object]:
    return {name: getattr(grant, name) for name in grant.__slots__}
