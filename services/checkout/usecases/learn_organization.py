"""The first call for an organization that no fact has told us of: ask identity once and keep a copy."""

from __future__ import annotations

from uuid import UUID

from services.checkout.usecases.outside_ports import OrganizationDirectory
from services.checkout.usecases.ports import OpenStore


async def learn_organization(organization_id: UUID, *, open_store: OpenStore, directory: OrganizationDirectory) -> None:
    """Keeps a copy. ORGANIZATION_NOT_FOUND if identity knows none either."""
    organization = await directory.organization(organization_id)
    async with open_store(organization_id) as store:
        await store.organizations.keep([organization])
