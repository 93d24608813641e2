"""A secret by which somebody calls the suite from outside. Only its hash is kept."""

from __future__ import annotations

import hmac
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.identity.domain.errors import ExpiryPassed, ScopeNotHeld, ScopeUnknown
from services.identity.domain.token_text import TokenName, token_hash, token_text

ALL_SCOPES = "*"


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What a caller asks for."""

    comment: str
    scopes: Sequence[str]
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccessToken:
    """One token. Without an organization it is an operator's."""

    id: UUID
    organization_id: UUID | None
    comment: str
    scopes: tuple[str, ...]
    secret_hash: bytes
    created_at: datetime
    modified_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    """To the hour."""

    def opens(self, text: str, now: datetime) -> bool:
        """Whether the text is this token, and it is neither revoked nor expired."""
        lives = self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
        return hmac.compare_digest(self.secret_hash, token_hash(text)) and lives


def created(token_id: UUID, organization_id: UUID | None, request: TokenRequest, secret: bytes, now: datetime) -> tuple[AccessToken, str]:
    """A new token, and its text, which nobody can get back from it."""
    if request.expires_at is not None and request.expires_at <= now:
        raise ExpiryPassed
    text = token_text(TokenName(token_id, of_operator=organization_id is None), secret)
    token = AccessToken(
        id=token_id,
        organization_id=organization_id,
        comment=request.comment,
        scopes=tuple(sorted(request.scopes)),
        secret_hash=token_hash(text),
        created_at=now,
        modified_at=now,
        expires_at=request.expires_at,
    )
    return token, text


def revoked(token: AccessToken, now: datetime) -> AccessToken:
    """The token's end. Once revoked, it stays as it is."""
    return token if token.revoked_at else replace(token, revoked_at=now, modified_at=now)


def check_scopes(wanted: Sequence[str], *, known: Set[str], held: Set[str] | None) -> None:
    """ScopeUnknown or ScopeNotHeld for the first scope that cannot be given. `held` is None for an operator, who gives any."""
    for index, scope in enumerate(wanted):
        if scope != ALL_SCOPES and scope not in known:
            raise ScopeUnknown(scope, index)
        if held is not None and ALL_SCOPES not in held and scope not in held:
            raise ScopeNotHeld(scope)
