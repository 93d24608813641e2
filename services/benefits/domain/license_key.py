"""A license key: one for each grant of a license-keys benefit, for the merchant's software to ask after.

granted --disable--> disabled --enable--> granted        by the merchant
granted --revoke-->  revoked  --grant-->  granted        with its grant; a disabled key stays disabled
"""

from __future__ import annotations

import hashlib
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from services.benefits.domain.benefit import Benefit, Expiration
from services.benefits.domain.errors import (
    ActivationLimitReached,
    ActivationsNotSupported,
    LicenseKeyNotActive,
    LicenseKeyNotFound,
    LicenseKeyRevoked,
    UsageExceeded,
)
from services.benefits.domain.grant import Grant
from services.benefits.domain.source import SourceKind
from services.chassis.lifecycle import Lifecycle
from services.chassis.metadata import MetadataValue

LICENSE_KEY = Lifecycle(
    "license_key",
    {
        "grant": {"revoked": "granted", "disabled": "disabled", "granted": "granted"},
        "revoke": {"granted": "revoked", "disabled": "disabled", "revoked": "revoked"},
        "disable": {"granted": "disabled", "disabled": "disabled"},
        "enable": {"disabled": "granted", "granted": "granted"},
    },
)
_SHOWN = 6
_MOST_USAGE = 2**31 - 1
"""What the contract can say of an unlimited key."""


@dataclass(frozen=True, slots=True)
class LicenseKey:
    """One key with its limits and what was used of them."""

    id: UUID
    organization_id: UUID
    grant_id: UUID
    customer_id: UUID
    benefit_id: UUID
    key: str
    status: str
    limit_activations: int | None
    usage: int
    limit_usage: int | None
    validations: int
    last_validated_at: datetime | None
    expires_at: datetime | None
    version: int
    created_at: datetime
    modified_at: datetime

    @property
    def display_key(self) -> str:
        """The key with all but its end covered."""
        return f"****-{self.key[-_SHOWN:]}"

    def is_active(self, now: datetime) -> bool:
        """Whether software may go by it."""
        return self.status == "granted" and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class Activation:
    """One installation that uses a key."""

    id: UUID
    organization_id: UUID
    license_key_id: UUID
    label: str
    conditions: dict[str, MetadataValue]
    meta: dict[str, MetadataValue]
    created_at: datetime
    modified_at: datetime
    deactivated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Claim:
    """What software says about itself when it asks whether a key is valid."""

    benefit_id: UUID | None = None
    customer_id: UUID | None = None
    activation_id: UUID | None = None
    conditions: Mapping[str, MetadataValue] | None = None
    increment_usage: int = 0


@dataclass(frozen=True, slots=True)
class KeyChange:
    """What a merchant sets by hand; `fields` names which of the values count."""

    fields: frozenset[str]
    status: str = ""
    usage: int = 0
    limit_activations: int | None = None
    limit_usage: int | None = None
    expires_at: datetime | None = None


def spelled(prefix: str | None, random: UUID) -> str:
    """The text of a key: the prefix if there is one, and a random UUID, in upper case."""
    return f"{prefix}_{random}".upper() if prefix else str(random).upper()


def key_hash(key: str) -> bytes:
    """What a key is looked up by: an index on hashes tells a guesser by its timing nothing about the keys."""
    return hashlib.sha256(key.encode()).digest()


def issued(key_id: UUID, random: UUID, grant: Grant, benefit: Benefit, now: datetime) -> LicenseKey:
    """The key of a new grant. While a subscription backs it, the subscription and not the clock ends it."""
    of = benefit.properties
    expires_at = _after(now, of.expires) if of.expires and grant.source_kind is SourceKind.ORDER else None
    key = spelled(of.prefix, random)
    return LicenseKey(
        key_id, grant.organization_id, grant.id, grant.customer_id, benefit.id, key, "granted",
        of.limit_activations, 0, of.limit_usage, 0, None, expires_at, 1, now, now,
    )  # fmt: skip


def moved(key: LicenseKey, verb: str, now: datetime) -> LicenseKey:
    """The key after its grant was granted or revoked, or a merchant disabled or enabled it."""
    status = LICENSE_KEY.after(verb, key.status)
    return key if status == key.status else replace(key, status=status, version=key.version + 1, modified_at=now)


def rotated(key: LicenseKey, random: UUID, now: datetime) -> LicenseKey:
    """The same record with another key and the same prefix. LicenseKeyRevoked if there is no grant behind it."""
    if key.status == "revoked":
        raise LicenseKeyRevoked
    prefix = key.key.rpartition("_")[0] or None
    return replace(key, key=spelled(prefix, random), version=key.version + 1, modified_at=now)


def changed(key: LicenseKey, change: KeyChange, *, grant_is_live: bool, now: datetime) -> LicenseKey:
    """The key as the merchant wants it. LicenseKeyRevoked if it is, or if the grant ended while it was disabled."""
    if key.status == "revoked" or (change.status == "granted" and not grant_is_live):
        raise LicenseKeyRevoked
    values = {name: getattr(change, name) for name in change.fields if name != "status"}
    after = replace(key, **values, version=key.version + 1, modified_at=now)
    if "status" in change.fields:
        after = replace(after, status=LICENSE_KEY.after("enable" if change.status == "granted" else "disable", key.status))
    return after


def validated(key: LicenseKey, claim: Claim, activation: Activation | None, now: datetime) -> LicenseKey:
    """The key with one validation more, and the usage asked for. LicenseKeyNotFound whatever does not fit, UsageExceeded."""
    fits = (
        key.is_active(now)
        and claim.benefit_id in (None, key.benefit_id)
        and claim.customer_id in (None, key.customer_id)
        and (claim.activation_id is None or _activation_fits(activation, claim))
    )
    if not fits:
        raise LicenseKeyNotFound
    left = (_MOST_USAGE if key.limit_usage is None else key.limit_usage) - key.usage
    if claim.increment_usage > max(0, left):
        raise UsageExceeded(max(0, left))
    return replace(
        key,
        usage=key.usage + claim.increment_usage,
        validations=key.validations + 1,
        last_validated_at=now,
        modified_at=now,
    )


def check_activation(key: LicenseKey, active: int, now: datetime) -> None:
    """LicenseKeyNotActive, ActivationsNotSupported or ActivationLimitReached unless one more installation may use it."""
    if not key.is_active(now):
        raise LicenseKeyNotActive
    if key.limit_activations is None:
        raise ActivationsNotSupported
    if active >= key.limit_activations:
        raise ActivationLimitReached(key.limit_activations)


def _activation_fits(activation: Activation | None, claim: Claim) -> bool:
    return activation is not None and (not activation.conditions or activation.conditions == dict(claim.conditions or {}))


def _after(start: datetime, expires: Expiration) -> datetime:
    if expires.timeframe == "day":
        return start + timedelta(days=expires.ttl)
    months = start.month - 1 + expires.ttl * (12 if expires.timeframe == "year" else 1)
    year, month = start.year + months // 12, months % 12 + 1
    return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))
