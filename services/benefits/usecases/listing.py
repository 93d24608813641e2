"""What lists can be narrowed to, and what they show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.benefits.domain.grant import Grant
from services.benefits.domain.license_key import LicenseKey


@dataclass(frozen=True, slots=True)
class GrantFilter:
    """Which grants are listed; empty means all."""

    customer_ids: Sequence[UUID] = ()
    benefit_ids: Sequence[UUID] = ()
    bought_by: Sequence[UUID] = ()
    """All of these orders and subscriptions at once, themselves or by their seats."""
    is_granted: bool | None = None


@dataclass(frozen=True, slots=True)
class ShownGrant:
    """A grant as callers see it: with its license key, if it has one."""

    grant: Grant
    license_key: LicenseKey | None


@dataclass(frozen=True, slots=True)
class KeyFilter:
    """Which keys are listed; None means all."""

    benefit_id: UUID | None = None
    customer_id: UUID | None = None
    status: str | None = None
