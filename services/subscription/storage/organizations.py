"""Our copies of organizations in PostgreSQL; the version tells old from new."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from services.chassis.database import Transaction
from services.chassis.sql import Statement, bulk_insert
from services.subscription.domain.organization import Organization
from services.subscription.storage.documents import ORGANIZATION
from services.subscription.storage.tables import organization as table

_KEEP = bulk_insert(
    table,
    suffix="on conflict (id) do update set version = excluded.version, settings = excluded.settings "
    "where organization.version < excluded.version",
)
_GET = Statement("select settings from organization where id = any(%(ids)s::uuid[])")


class StoredOrganizations:
    """The organizations that one transaction sees."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def get(self, organization_id: UUID) -> Organization:
        """What one decided; one that no fact has told us of decided nothing."""
        return (await self.get_many([organization_id]))[organization_id]

    async def get_many(self, organization_ids: Collection[UUID]) -> Mapping[UUID, Organization]:
        """All of these."""
        rows = await self._transaction.all(_GET, ids=sorted(organization_ids))
        known = {each.id: each for each in (ORGANIZATION.load(row["settings"]) for row in rows)}
        return {each: known.get(each) or Organization(each) for each in organization_ids}

    async def keep(self, organizations: Sequence[Organization]) -> None:
        """Newer than what is there."""
        newest = {each.id: each for each in sorted(organizations, key=lambda each: each.version)}
        rows = [{"id": each.id, "version": each.version, "settings": ORGANIZATION.dump(each)} for _, each in sorted(newest.items())]
        await self._transaction.many(_KEEP, rows)
