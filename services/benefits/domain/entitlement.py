"""The answer to the hot question: does this customer have this benefit now?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.chassis.metadata import MetadataValue


@dataclass(frozen=True, slots=True)
class Entitlement:
    """A yes, with the grant behind it. A no is None."""

    grant_id: UUID
    expires_at: datetime | None
    """When the yes ends unless something renews it; None if nothing ends it."""
    metadata: dict[str, MetadataValue]
