"""What lists can be narrowed to, and what they show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from services.benefits.domain.grant import Grant
from services.benefits.domain.license_key import LicenseKey


@dataclass(frozen=True, slots=True)
class BenefitFilter:
    """Which benefits are listed; empty means all."""

    query: str = ""
    """Part of the description, without case."""
    kinds: Sequence[str] = ()
    exclude_ids: Sequence[UUID] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Every key has to have this value, numbers and truth as JSON writes them."""


@dataclass(frozen=True, slots=True)
class GrantFilter:
    """Which grants are listed; empty means all."""

    customer_ids: Sequence[UUID] = ()
    external_customer_ids: Sequence[str] = ()
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
