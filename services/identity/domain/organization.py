"""A merchant: the tenant that owns everything else, and what it decides about the suite's behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from services.chassis.countries import COUNTRIES
from services.chassis.metadata import MetadataValue
from services.chassis.money import CURRENCIES
from services.chassis.time_zones import time_zone_names
from services.chassis.validation import stripped
from services.identity.domain.errors import CountryUnknown, CurrencyUnknown, DunningDaysUnordered, TimeZoneUnknown

SHORTEST_NAME = 3
LONGEST_PREFIX = 12
_UNION = "EU"
_DUNNING_DAYS = (2, 7, 14, 21)


@dataclass(frozen=True, slots=True)
class OrganizationSettings:
    """Texts are the contract's enum values in lower case. Empty texts take the default when the organization is settled."""

    invoice_prefix: str = ""
    invoice_numbering: str = ""
    allow_multiple_subscriptions: bool = False
    allow_trial_without_payment_method: bool = False
    prevent_trial_abuse: bool = False
    benefit_revocation_grace_period: int = 0
    """Days."""
    time_zone: str = ""
    tax_registrations: tuple[str, ...] = ()
    upgrade_proration_behavior: str = ""
    downgrade_proration_behavior: str = ""
    dunning_days: tuple[int, ...] = ()
    """After the first failed charge; ascending."""
    unpaid_behavior: str = ""


@dataclass(frozen=True, slots=True)
class OrganizationProfile:
    """What a caller says of an organization; empty texts take the default."""

    name: str
    country: str
    mode: str = ""
    email: str | None = None
    default_presentment_currency: str = ""
    default_tax_behavior: str = ""
    settings: OrganizationSettings = OrganizationSettings()
    metadata: Mapping[str, MetadataValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Organization:
    """One organization. `version` grows by one with every change."""

    id: UUID
    slug: str
    profile: OrganizationProfile
    version: int
    created_at: datetime
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class OrganizationCreated:
    """It exists."""

    organization: Organization


@dataclass(frozen=True, slots=True)
class OrganizationUpdated:
    """Something of it changed."""

    organization: Organization


OrganizationFact = OrganizationCreated | OrganizationUpdated


def created(organization_id: UUID, slug: str, profile: OrganizationProfile, now: datetime) -> tuple[Organization, OrganizationCreated]:
    """A new organization with every default settled. Invalid names what is wrong with the profile."""
    organization = Organization(organization_id, slug, _settled(profile, slug), version=1, created_at=now, modified_at=now)
    return organization, OrganizationCreated(organization)


def updated(before: Organization, profile: OrganizationProfile, now: datetime) -> tuple[Organization, OrganizationUpdated | None]:
    """The organization with another profile; no fact if that changes nothing."""
    settled = _settled(profile, before.slug)
    if settled == before.profile:
        return before, None
    after = replace(before, profile=settled, version=before.version + 1, modified_at=now)
    return after, OrganizationUpdated(after)


def default_invoice_prefix(slug: str) -> str:
    """The slug's letters and digits in upper case, as many as a prefix may have."""
    return "".join(character for character in slug.upper() if character.isalnum())[:LONGEST_PREFIX]


def _settled(profile: OrganizationProfile, slug: str) -> OrganizationProfile:
    if profile.country not in COUNTRIES:
        raise CountryUnknown(profile.country, "country")
    currency = profile.default_presentment_currency or "usd"
    if currency not in CURRENCIES:
        raise CurrencyUnknown(currency)
    return replace(
        profile,
        name=stripped(profile.name, "name", shortest=SHORTEST_NAME),
        mode=profile.mode or "live",
        default_presentment_currency=currency,
        default_tax_behavior=profile.default_tax_behavior or "location",
        settings=_settled_settings(profile.settings, slug),
        metadata=dict(profile.metadata),
    )


def _settled_settings(settings: OrganizationSettings, slug: str) -> OrganizationSettings:
    time_zone = settings.time_zone or "UTC"
    if time_zone not in time_zone_names():
        raise TimeZoneUnknown
    for index, jurisdiction in enumerate(settings.tax_registrations):
        country = jurisdiction.partition("-")[0]
        if country not in COUNTRIES and jurisdiction != _UNION:
            raise CountryUnknown(country, f"settings.tax_registrations[{index}]")
    for index, (before, after) in enumerate(pairwise(settings.dunning_days), 1):
        if before >= after:
            raise DunningDaysUnordered(index)
    return replace(
        settings,
        invoice_prefix=settings.invoice_prefix or default_invoice_prefix(slug),
        invoice_numbering=settings.invoice_numbering or "customer",
        time_zone=time_zone,
        tax_registrations=tuple(dict.fromkeys(settings.tax_registrations)),
        upgrade_proration_behavior=settings.upgrade_proration_behavior or "prorate",
        downgrade_proration_behavior=settings.downgrade_proration_behavior or "prorate",
        dunning_days=settings.dunning_days or _DUNNING_DAYS,
        unpaid_behavior=settings.unpaid_behavior or "cancel",
    )
