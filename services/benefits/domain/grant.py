"""A grant: one benefit in one customer's hands by one source.

granted --revoke--> revoked --grant--> granted
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.benefits.domain.facts import GrantCreated, GrantRevoked, GrantUpdated
from services.benefits.domain.source import Source, SourceKind
from services.chassis.lifecycle import Lifecycle

GRANT = Lifecycle(
    "benefit_grant",
    {
        "grant": {"revoked": "granted"},
        "revoke": {"granted": "revoked"},
        "touch": {"granted": "granted", "revoked": "revoked"},
    },
)


@dataclass(frozen=True, slots=True)
class Grant:
    """One benefit in one customer's hands by one source. There is one row for the three, whatever happens to it."""

    id: UUID
    organization_id: UUID
    source_id: UUID
    source_kind: SourceKind
    container_id: UUID | None
    """The order or subscription whose seat the source is; None: the source is itself one."""
    customer_id: UUID
    benefit_id: UUID
    status: str
    granted_at: datetime
    revoked_at: datetime | None
    version: int
    created_at: datetime
    modified_at: datetime

    @property
    def bought_by(self) -> UUID:
        """The order or subscription behind it."""
        return self.container_id or self.source_id

    @property
    def seat_id(self) -> UUID | None:
        """The seat behind it, if it is one."""
        return self.source_id if self.container_id else None

    @property
    def is_granted(self) -> bool:
        """Whether the customer has the benefit by it now."""
        return self.status == "granted"


def granted(grant_id: UUID, source: Source, benefit_id: UUID, now: datetime) -> tuple[Grant, GrantCreated]:
    """A first grant."""
    assert source.customer_id is not None, "a source that entitles nobody"
    grant = Grant(
        grant_id, source.organization_id, source.id, source.kind, source.container_id, source.customer_id, benefit_id,
        "granted", now, None, 1, now, now,
    )  # fmt: skip
    return grant, GrantCreated(grant)


def granted_again(grant: Grant, now: datetime) -> tuple[Grant, GrantCreated]:
    """The source entitles once more."""
    after = _moved(grant, "grant", now, granted_at=now, revoked_at=None)
    return after, GrantCreated(after)


def revoked(grant: Grant, now: datetime) -> tuple[Grant, GrantRevoked]:
    """The source no longer entitles, or the product no longer carries the benefit."""
    after = _moved(grant, "revoke", now, revoked_at=now)
    return after, GrantRevoked(after)


def touched(grant: Grant, now: datetime) -> tuple[Grant, GrantUpdated]:
    """Something that belongs to it changed."""
    after = _moved(grant, "touch", now)
    return after, GrantUpdated(after)


def _moved(grant: Grant, verb: str, now: datetime, **changes: object) -> Grant:
    status = GRANT.after(verb, grant.status)
    return replace(grant, status=status, version=grant.version + 1, modified_at=now, **changes)  # type: ignore[arg-type]
