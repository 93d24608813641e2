"""Facts of organizations: keep their settings, and look again at who is past due under a changed grace period."""

from __future__ import annotations

from collections.abc import Sequence

from services.benefits.domain.customer import OrganizationCopy
from services.benefits.usecases.ports import Ports, Work
from services.chassis.database import Transaction


async def copy_organizations(transaction: Transaction, told: Sequence[OrganizationCopy], *, ports: Ports) -> None:
    """Take in settings in any order."""
    newest = {copy.organization_id: copy for copy in sorted(told, key=lambda copy: copy.version)}
    changed = await ports.organizations.copy(transaction, list(newest.values()))
    works = [Work(ports.new_id(), organization_id, "organization", organization_id) for organization_id in changed]
    await ports.backlog.add(transaction, works)
