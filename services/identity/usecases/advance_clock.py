"""A merchant has the clock of a sandbox advanced. Only the intention is stored here; `conduct_advance` carries it out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from services.identity.domain import clock_advance as rules
from services.identity.domain.clock import Target, destination
from services.identity.domain.clock_advance import ClockAdvance
from services.identity.domain.errors import ClockAdvancing, OrganizationNotFound
from services.identity.usecases.ports import ClockAdvances, Organizations


async def advance_clock(
    advance_id: UUID,
    organization_id: UUID,
    target: Target,
    machine_now: datetime,
    *,
    organizations: Organizations,
    advances: ClockAdvances,
    sandbox_now: Callable[[], Awaitable[datetime]],
) -> ClockAdvance:
    """The new advance. OrganizationNotFound, ClockAdvancing, ClockBackwards, ClockTooFar."""
    # With the organization locked nobody else begins; and only what runs moves its time, which is read after that.
    if await organizations.lock(organization_id) is None:
        raise OrganizationNotFound(organization_id)
    running = await advances.running(organization_id)
    if running is not None:
        raise ClockAdvancing(running.id)
    now = await sandbox_now()
    span = (now, destination(now, target))
    advance = rules.started(advance_id, organization_id, await advances.count(organization_id) + 1, span, machine_now)
    await advances.add(advance)
    return advance
