"""A benefit: something that customers get with a product. It is made, changed and, softly, deleted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.benefits.domain.errors import BenefitKindFixed, ExpirationTooLong
from services.benefits.domain.facts import BenefitCreated, BenefitDeleted, BenefitUpdated
from services.chassis.metadata import MetadataValue

LONGEST_EXPIRATION = {"day": 36_500, "month": 1_200, "year": 457}


class Kind(StrEnum):
    """What a benefit is; decides what a grant of it does."""

    CUSTOM = "custom"
    FEATURE_FLAG = "feature_flag"
    LICENSE_KEYS = "license_keys"


class Visibility(StrEnum):
    """Whether customers are shown it."""

    PUBLIC = "public"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class Expiration:
    """How long a key lives after its grant."""

    ttl: int
    timeframe: str
    """`day`, `month` or `year`."""

    def __post_init__(self) -> None:
        longest = LONGEST_EXPIRATION[self.timeframe]
        if self.ttl > longest:
            raise ExpirationTooLong(longest, self.timeframe)


@dataclass(frozen=True, slots=True)
class Properties:
    """What is particular to a kind; the fields of the other kinds are empty."""

    note: str | None = None
    prefix: str | None = None
    expires: Expiration | None = None
    limit_activations: int | None = None
    enable_customer_admin: bool = False
    limit_usage: int | None = None


@dataclass(frozen=True, slots=True)
class Benefit:
    """One benefit of one organization."""

    id: UUID
    organization_id: UUID
    kind: Kind
    description: str
    visibility: Visibility
    is_deleted: bool
    properties: Properties
    metadata: dict[str, MetadataValue]
    version: int
    created_at: datetime
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class BenefitChange:
    """What a merchant wants otherwise; None leaves a field as it is."""

    description: str | None = None
    visibility: Visibility | None = None
    kind: Kind | None = None
    """The kind whose properties are given."""
    properties: Properties | None = None
    metadata: dict[str, MetadataValue] | None = None


def created(
    benefit_id: UUID, organization_id: UUID, kind: Kind, description: str, visibility: Visibility | None, properties: Properties,
    metadata: dict[str, MetadataValue], now: datetime,
) -> tuple[Benefit, BenefitCreated]:  # fmt: skip
    """A new benefit. Feature flags are private unless said otherwise: they speak to programs, not to customers."""
    seen = visibility or (Visibility.PRIVATE if kind is Kind.FEATURE_FLAG else Visibility.PUBLIC)
    benefit = Benefit(benefit_id, organization_id, kind, description, seen, False, properties, metadata, 1, now, now)
    return benefit, BenefitCreated(benefit)


def updated(benefit: Benefit, change: BenefitChange, now: datetime) -> tuple[Benefit, BenefitUpdated]:
    """The benefit as changed; its kind stays."""
    if change.kind is not None and change.kind is not benefit.kind:
        raise BenefitKindFixed(benefit.kind, change.kind)
    after = replace(
        benefit,
        description=benefit.description if change.description is None else change.description,
        visibility=change.visibility or benefit.visibility,
        properties=change.properties or benefit.properties,
        metadata=benefit.metadata if change.metadata is None else change.metadata,
        version=benefit.version + 1,
        modified_at=now,
    )
    return after, BenefitUpdated(after)


def deleted(benefit: Benefit, now: datetime) -> tuple[Benefit, BenefitDeleted]:
    """Gone from products and customers; the row stays, because grants of the past name it."""
    after = replace(benefit, is_deleted=True, version=benefit.version + 1, modified_at=now)
    return after, BenefitDeleted(after)
