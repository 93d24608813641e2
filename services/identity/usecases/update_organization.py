"""A merchant or an operator changes an organization's profile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from services.identity.domain import organization as rules
from services.identity.domain.errors import OrganizationNotFound
from services.identity.domain.organization import Organization, OrganizationProfile
from services.identity.usecases.ports import Organizations, Publisher

Edit = Callable[[OrganizationProfile], OrganizationProfile]


async def update_organization(
    organization_id: UUID, edit: Edit, now: datetime, *, organizations: Organizations, publisher: Publisher
) -> Organization:
    """The organization after the edit. OrganizationNotFound, or Invalid for what is wrong with the new profile."""
    before = await organizations.lock(organization_id)
    if before is None:
        raise OrganizationNotFound(organization_id)
    after, fact = rules.updated(before, edit(before.profile), now)
    if fact is not None:
        await organizations.save(after)
        publisher.publish(fact)
    return after
