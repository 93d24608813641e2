"""An operator makes a tenant."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.identity.domain import organization as rules
from services.identity.domain.organization import Organization, OrganizationProfile
from services.identity.usecases.ports import Organizations, Publisher


async def create_organization(
    organization_id: UUID, slug: str, profile: OrganizationProfile, now: datetime, *, organizations: Organizations, publisher: Publisher
) -> Organization:
    """The new organization. OrganizationSlugTaken, or Invalid for what is wrong with the profile."""
    organization, fact = rules.created(organization_id, slug, profile, now)
    await organizations.add(organization)
    publisher.publish(fact)
    return organization
