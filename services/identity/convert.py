"""Between the contracts and the domain; the only file that knows both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from bursar.identity.v1 import (
    access_token_pb2,
    access_token_service_pb2,
    clock_pb2,
    clock_service_pb2,
    organization_pb2,
    organization_service_pb2,
)
from bursar.types.v1.billing_pb2 import ProrationBehavior, UnpaidBehavior
from bursar.types.v1.tax_pb2 import TaxBehavior
from google.protobuf.duration_pb2 import Duration

from services.chassis.enums import number_of, word_of
from services.chassis.errors import Invalid
from services.chassis.field_mask import checked_paths
from services.chassis.metadata import read_metadata, write_metadata
from services.chassis.timestamps import from_timestamp, to_timestamp
from services.identity.domain.access_token import AccessToken, TokenRequest
from services.identity.domain.clock import Target
from services.identity.domain.clock_advance import ClockAdvance, Happening
from services.identity.domain.organization import Organization, OrganizationProfile, OrganizationSettings

_LONGEST_SECONDS = 315_576_000_000
_SECOND_NANOS = 1_000_000_000
_SETTINGS = tuple(field.name for field in fields(OrganizationSettings))
_SETTINGS_ENUMS: Mapping[str, Any] = {
    "invoice_numbering": organization_pb2.InvoiceNumbering,
    "upgrade_proration_behavior": ProrationBehavior,
    "downgrade_proration_behavior": ProrationBehavior,
    "unpaid_behavior": UnpaidBehavior,
}
_EDITABLE = ("name", "email", "default_presentment_currency", "default_tax_behavior", "settings", "metadata")
_PATHS = frozenset((*_EDITABLE, *(f"settings.{name}" for name in _SETTINGS)))


def organization_to_proto(organization: Organization) -> organization_pb2.Organization:
    profile = organization.profile
    message = organization_pb2.Organization(
        id=str(organization.id),
        name=profile.name,
        slug=organization.slug,
        mode=number_of(organization_pb2.OrganizationMode, profile.mode),
        email=profile.email,
        country=profile.country,
        default_presentment_currency=profile.default_presentment_currency,
        default_tax_behavior=number_of(TaxBehavior, profile.default_tax_behavior),
        settings=_settings_to_proto(profile.settings),
        version=organization.version,
        created_at=to_timestamp(organization.created_at),
        modified_at=to_timestamp(organization.modified_at),
    )
    write_metadata(profile.metadata, message.metadata)
    return message


def organizations_to_proto(organizations: Iterable[Organization], next_token: str) -> organization_service_pb2.ListOrganizationsResponse:
    return organization_service_pb2.ListOrganizationsResponse(
        organizations=[organization_to_proto(organization) for organization in organizations], next_page_token=next_token
    )


def read_profile(request: organization_service_pb2.CreateOrganizationRequest) -> OrganizationProfile:
    """What a request for a new organization says."""
    return OrganizationProfile(
        name=request.name,
        country=request.country,
        mode=word_of(organization_pb2.OrganizationMode, request.mode),
        email=request.email if request.HasField("email") else None,
        default_presentment_currency=request.default_presentment_currency,
        default_tax_behavior=word_of(TaxBehavior, request.default_tax_behavior),
        settings=_read_settings(request.settings),
        metadata=read_metadata(request.metadata),
    )


def read_clock_start(request: organization_service_pb2.CreateOrganizationRequest) -> datetime | None:
    """Where the clock of the new organization is to start."""
    return from_timestamp(request.clock_start, "clock_start") if request.HasField("clock_start") else None


def read_edit(request: organization_service_pb2.UpdateOrganizationRequest) -> Callable[[OrganizationProfile], OrganizationProfile]:
    """The edit that a request's mask and fields make. Invalid if the mask is empty or names something else."""
    paths = checked_paths(request.update_mask, _PATHS)
    given: dict[str, Any] = {
        "name": request.name,
        "email": request.email if request.HasField("email") else None,
        "default_presentment_currency": request.default_presentment_currency,
        "default_tax_behavior": word_of(TaxBehavior, request.default_tax_behavior),
        "settings": _read_settings(request.settings),
        "metadata": read_metadata(request.metadata),
    }
    whole = {name: given[name] for name in _EDITABLE if name in paths}
    single = {name: getattr(given["settings"], name) for name in _SETTINGS if f"settings.{name}" in paths}

    def edit(profile: OrganizationProfile) -> OrganizationProfile:
        changed = replace(profile, **whole)
        return replace(changed, settings=replace(changed.settings, **single))

    return edit


def token_to_proto(token: AccessToken, text: str = "") -> access_token_pb2.AccessToken:
    return access_token_pb2.AccessToken(
        id=str(token.id),
        organization_id=str(token.organization_id or ""),
        comment=token.comment,
        scopes=token.scopes,
        token=text,
        expires_at=to_timestamp(token.expires_at),
        revoked_at=to_timestamp(token.revoked_at),
        last_used_at=to_timestamp(token.last_used_at),
        created_at=to_timestamp(token.created_at),
        modified_at=to_timestamp(token.modified_at),
    )


def tokens_to_proto(tokens: Iterable[AccessToken], next_token: str) -> access_token_service_pb2.ListAccessTokensResponse:
    return access_token_service_pb2.ListAccessTokensResponse(
        access_tokens=[token_to_proto(token) for token in tokens], next_page_token=next_token
    )


def read_token_request(request: access_token_service_pb2.CreateAccessTokenRequest) -> TokenRequest:
    """What a request for a new token says."""
    expires_at = from_timestamp(request.expires_at, "expires_at") if request.HasField("expires_at") else None
    return TokenRequest(request.comment, tuple(request.scopes), expires_at)


def read_target(request: clock_service_pb2.AdvanceClockRequest) -> Target:
    """Where a request wants the clock."""
    if request.WhichOneof("target") == "to":
        return Target(to=from_timestamp(request.to, "to"))
    return Target(by=_span(request.by, "by"))


def _span(duration: Duration, field: str) -> timedelta:
    """The span, cut to microseconds. Invalid naming `field` for what protobuf calls no duration."""
    seconds, nanos = duration.seconds, duration.nanos
    if abs(seconds) > _LONGEST_SECONDS or abs(nanos) >= _SECOND_NANOS or seconds * nanos < 0:
        raise Invalid("FIELD_INVALID", f"{field} is not a duration of at most 10,000 years", field=field)
    return timedelta(seconds=seconds, microseconds=nanos // 1000)


def clock_to_proto(organization_id: UUID, now: datetime, running: ClockAdvance | None) -> clock_pb2.Clock:
    return clock_pb2.Clock(
        organization_id=str(organization_id),
        status=clock_pb2.CLOCK_STATUS_ADVANCING if running else clock_pb2.CLOCK_STATUS_READY,
        now=to_timestamp(now),
        clock_advance_id=str(running.id) if running else None,
    )


def advance_to_proto(advance: ClockAdvance, first: Sequence[Happening] = ()) -> clock_pb2.ClockAdvance:
    return clock_pb2.ClockAdvance(
        id=str(advance.id),
        organization_id=str(advance.organization_id),
        status=number_of(clock_pb2.ClockAdvanceStatus, advance.status),
        from_time=to_timestamp(advance.from_time),
        to_time=to_timestamp(advance.to_time),
        now=to_timestamp(advance.now),
        steps=advance.steps,
        waiting_for=advance.waiting_for,
        counts=[clock_pb2.HappeningCount(type=type, count=count) for type, count in sorted(advance.counts.items())],
        happenings=[_happening_to_proto(happening) for happening in first],
        happenings_count=advance.happenings_count,
        created_at=to_timestamp(advance.created_at),
        finished_at=to_timestamp(advance.finished_at),
    )


def happenings_to_proto(happenings: Iterable[Happening], next_token: str) -> clock_service_pb2.ListClockHappeningsResponse:
    return clock_service_pb2.ListClockHappeningsResponse(
        happenings=[_happening_to_proto(happening) for happening in happenings], next_page_token=next_token
    )


def _happening_to_proto(happening: Happening) -> clock_pb2.ClockHappening:
    return clock_pb2.ClockHappening(
        occurred_at=to_timestamp(happening.occurred_at),
        type=happening.type,
        service=happening.service,
        subject_id=str(happening.subject_id),
        event_id=str(happening.event_id),
    )


def _settings_to_proto(settings: OrganizationSettings) -> organization_pb2.OrganizationSettings:
    values = {name: getattr(settings, name) for name in _SETTINGS}
    values |= {name: number_of(enum, values[name]) for name, enum in _SETTINGS_ENUMS.items()}
    return organization_pb2.OrganizationSettings(**values)


def _read_settings(settings: organization_pb2.OrganizationSettings) -> OrganizationSettings:
    values: dict[str, Any] = {name: getattr(settings, name) for name in _SETTINGS}
    values |= {name: word_of(enum, values[name]) for name, enum in _SETTINGS_ENUMS.items()}
    values |= {name: tuple(values[name]) for name in ("tax_registrations", "dunning_days")}
    return OrganizationSettings(**values)
