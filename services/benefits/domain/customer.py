"""What benefits keep of customers and organizations: copies, fed by their facts."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer's copy. `version` is 0 while it is known only from a purchase."""

    id: UUID
    organization_id: UUID
    external_id: str | None
    is_deleted: bool
    version: int


@dataclass(frozen=True, slots=True)
class OrganizationCopy:
    """What a merchant decided about benefits."""

    organization_id: UUID
    benefit_revocation_grace_period: int
    """Days."""
    version: int
