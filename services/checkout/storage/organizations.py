"""Our copies of organizations in PostgreSQL; the version tells old from new."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, func, select

from services.chassis.database import Transaction
from services.chassis.sql import bulk_insert, compile_statement
from services.checkout.domain.errors import OrganizationNotKnown
from services.checkout.domain.organization import Organization
from services.checkout.storage.documents import ORGANIZATION
from services.checkout.storage.tables import organization as table

_MANY = compile_statement(select(table).where(table.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid)))))
_KEEP = bulk_insert(
    table,
    suffix="on conflict (id) do update set version = excluded.version, details = excluded.details "
    "where organization.version < excluded.version",
)


class StoredOrganizations:
    """The copies that one transaction sees."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def get(self, organization_id: UUID) -> Organization:
        found = await self.many([organization_id])
        if organization_id not in found:
            raise OrganizationNotKnown
        return found[organization_id]

    async def many(self, organization_ids: Sequence[UUID]) -> dict[UUID, Organization]:
        rows = await self._transaction.all(_MANY, ids=list(organization_ids))
        return {row["id"]: ORGANIZATION.load(row["details"]) for row in rows}

    async def keep(self, organizations: Sequence[Organization]) -> None:
        newest: dict[UUID, Organization] = {}
        for organization in sorted(organizations, key=lambda each: each.version):
            newest[organization.id] = organization
        rows = [{"id": each.id, "version": each.version, "details": ORGANIZATION.dump(each)} for _, each in sorted(newest.items())]
        await self._transaction.many(_KEEP, rows)
