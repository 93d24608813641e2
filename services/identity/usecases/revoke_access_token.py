"""Somebody who may ends a token."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.identity.domain import access_token as rules
from services.identity.domain.access_token import AccessToken
from services.identity.domain.errors import AccessTokenNotFound
from services.identity.usecases.ports import AccessTokens


async def revoke_access_token(token_id: UUID, now: datetime, *, tokens: AccessTokens) -> AccessToken:
    """The token, revoked now or before. AccessTokenNotFound."""
    token = await tokens.lock(token_id)
    if token is None:
        raise AccessTokenNotFound(token_id)
    after = rules.revoked(token, now)
    if after is not token:
        await tokens.save(after)
    return after
