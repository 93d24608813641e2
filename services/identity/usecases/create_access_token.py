"""Somebody who may makes a token for an organization."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.identity.domain import access_token as rules
from services.identity.domain.access_token import AccessToken, TokenRequest
from services.identity.domain.errors import OrganizationNotFound
from services.identity.usecases.ports import AccessTokens, Organizations


@dataclass(frozen=True, slots=True)
class NewToken:
    """What is minted outside: the id and the random bytes."""

    id: UUID
    secret: bytes


async def create_access_token(
    organization_id: UUID,
    request: TokenRequest,
    new: NewToken,
    now: datetime,
    *,
    known_scopes: Set[str],
    held_scopes: Set[str] | None,
    organizations: Organizations,
    tokens: AccessTokens,
) -> tuple[AccessToken, str]:
    """The token and its text. `held_scopes` is None for an operator. OrganizationNotFound, ScopeUnknown, ScopeNotHeld, ExpiryPassed."""
    if await organizations.get(organization_id) is None:
        raise OrganizationNotFound(organization_id)
    rules.check_scopes(request.scopes, known=known_scopes, held=held_scopes)
    token, text = rules.created(new.id, organization_id, request, new.secret, now)
    await tokens.add(token)
    return token, text
