"""An operator makes a tenant."""

from __future__ import annotations

from datetime import datetime

from services.chassis.ids import new_id, new_sandbox_id, sandbox_start
from services.identity.domain import organization as rules
from services.identity.domain.clock import clock_start
from services.identity.domain.organization import Organization, OrganizationProfile
from services.identity.usecases.ports import Organizations, Publisher


async def create_organization(
    slug: str,
    profile: OrganizationProfile,
    asked_start: datetime | None,
    now: datetime,
    *,
    organizations: Organizations,
    publisher: Publisher,
) -> Organization:
    """The new organization; a sandbox exists from the start of its clock. Its id tells which of the two it is.

    OrganizationSlugTaken, OrganizationNotSandbox, ClockStartInvalid, or Invalid for what is wrong with the profile.
    """
    start = clock_start(profile.mode, asked_start, now)
    organization_id = new_id() if start is None else new_sandbox_id(start)
    created_at = now if start is None else sandbox_start(organization_id)
    organization, fact = rules.created(organization_id, slug, profile, created_at)
    await organizations.add(organization)
    publisher.publish(fact)
    return organization
