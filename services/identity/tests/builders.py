"""Values for tests; every argument has a good default."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.chassis.ids import new_id
from services.identity.domain import access_token, clock_advance, organization
from services.identity.domain.access_token import AccessToken, TokenRequest
from services.identity.domain.clock_advance import ClockAdvance, Happening
from services.identity.domain.organization import Organization, OrganizationProfile

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
SECRET = bytes(range(32))


def profile(**fields: Any) -> OrganizationProfile:
    return replace(OrganizationProfile(name="Acme Inc.", country="DE", metadata={}), **fields)


def an_organization(slug: str = "acme", now: datetime = NOW, **fields: Any) -> Organization:
    return organization.created(new_id(), slug, profile(**fields), now)[0]


def a_token(organization_id: UUID | None, *, secret: bytes = SECRET, now: datetime = NOW, **fields: Any) -> tuple[AccessToken, str]:
    """A token and its text."""
    request = TokenRequest(**{"comment": "", "scopes": ("*",), **fields})
    return access_token.created(new_id(), organization_id, request, secret, now)


def an_advance(organization_id: UUID, *, number: int = 1, by: timedelta = timedelta(days=30)) -> ClockAdvance:
    return clock_advance.started(new_id(), organization_id, number, (NOW, NOW + by), NOW)


def a_happening(service: str = "checkout", position: int = 7, at: datetime = NOW) -> Happening:
    return Happening(service, position, new_id(), "order.paid", new_id(), at)
