"""Stand-ins with the authorizer's real signatures, and readers of its answers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from envoy.service.auth.v3.external_auth_pb2 import CheckRequest, CheckResponse, HeaderValueOption

from services.chassis.errors import Unavailable
from services.chassis.identity import METADATA_KEY
from services.identity.domain.access_token import AccessToken


@dataclass
class TokensInMemory:
    """Finds tokens, counts how often it was asked, and can be broken or slow."""

    rows: dict[UUID, AccessToken] = field(default_factory=dict)
    asked: int = 0
    broken: bool = False
    open_gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.open_gate.set()

    def add(self, *tokens: AccessToken) -> None:
        self.rows.update({token.id: token for token in tokens})

    def revoke(self, token: AccessToken, now: datetime) -> None:
        self.rows[token.id] = replace(token, revoked_at=now)

    async def find(self, token_id: UUID) -> AccessToken | None:
        self.asked += 1
        await self.open_gate.wait()
        if self.broken:
            raise Unavailable("DATABASE_UNAVAILABLE", "the database does not answer")
        return self.rows.get(token_id)


@dataclass
class NotedUses:
    """Remembers what it was told."""

    noted: list[tuple[UUID, datetime]] = field(default_factory=list)

    def note(self, token: AccessToken, now: datetime) -> None:
        self.noted.append((token.id, now))


@dataclass
class Seconds:
    """A monotonic clock that stands still."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def request(method: str = "GET", path: str = "/platform/v1/orders", authorization: str | None = None) -> bytes:
    """What Envoy asks."""
    message = CheckRequest()
    http = message.attributes.request.http
    http.method, http.path = method, path
    if authorization is not None:
        http.headers["authorization"] = authorization
    return message.SerializeToString()


def identity_in(answer: bytes) -> str:
    """The signed identity of an answer that lets pass; fails for another."""
    response = CheckResponse.FromString(answer)
    assert (response.status.code, response.WhichOneof("http_response")) == (0, "ok_response")
    assert list(response.ok_response.headers_to_remove) == ["authorization"]
    (option,) = response.ok_response.headers
    assert (option.header.key, option.append_action) == (METADATA_KEY, HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD)
    return option.header.value


def is_denied(answer: bytes) -> bool:
    """Whether an answer refuses with 401."""
    response = CheckResponse.FromString(answer)
    denied = response.WhichOneof("http_response") == "denied_response"
    assert denied == (response.status.code == 16) == (response.denied_response.status.code == 401)
    return denied
