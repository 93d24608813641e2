"""Copies of organizations' settings."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from services.benefits.domain.customer import OrganizationCopy
from services.benefits.storage.tables import organization
from services.chassis.database import Transaction
from services.chassis.sql import Statement, bulk_insert

_COPY = bulk_insert(
    organization,
    suffix="on conflict (organization_id) do update set version = excluded.version, "
    "benefit_revocation_grace_period = excluded.benefit_revocation_grace_period "
    "where organization.version < excluded.version returning organization_id",
)
_LOCK_SHARED = Statement("select * from organization where organization_id = any(%(ids)s) order by organization_id for share")


class OrganizationStore:
    """Rows of `organization`."""

    async def copy(self, transaction: Transaction, copies: Sequence[OrganizationCopy]) -> list[UUID]:
        """Keep what is newer than what is known; whose it was."""
        rows = [{name: getattr(each, name) for name in each.__slots__} for each in sorted(copies, key=lambda each: each.organization_id)]
        return [row["organization_id"] for row in await transaction.many(_COPY, rows)]

    async def lock_shared(self, transaction: Transaction, organization_ids: Collection[UUID]) -> dict[UUID, OrganizationCopy]:
        """The settings as they stay until the end of the transaction."""
        rows = await transaction.all(_LOCK_SHARED, ids=list(organization_ids))
        return {row["organization_id"]: OrganizationCopy(**row) for row in rows}
