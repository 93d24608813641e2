"""Decides about one request: a dictionary access for a token that was seen lately, one statement for another.

A revocation is effective after REMEMBERED_SECONDS at the latest: so long an answer is believed without asking again. Refused tokens
have a memory of their own, so that made-up ones cannot push out those in use; those with a wrong checksum are not even looked up.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from envoy.service.auth.v3.external_auth_pb2 import CheckRequest
from google.protobuf.message import DecodeError

from services.chassis.clock import Clock
from services.chassis.errors import Unavailable
from services.chassis.identity import LIFETIME_SECONDS, CallerKind, Identity, IdentitySigner
from services.identity.api.authorizer import answers
from services.identity.api.authorizer.anonymous import AnonymousRequests
from services.identity.api.authorizer.bounded import Bounded
from services.identity.domain.access_token import AccessToken
from services.identity.domain.token_text import read_token

REMEMBERED_SECONDS = 15.0
_SIGNED_ANEW_SECONDS = LIFETIME_SECONDS / 2
_MOST_KNOWN = 50_000
_MOST_REFUSED = 20_000
_MOST_LOOKUPS = 200
"""More at once are turned away: the edge answers 503, and the database is not buried."""
_LOOKUP_SECONDS = 2.0
"""A database that hangs is as good as none; the edge has stopped waiting by then."""

FindToken = Callable[[UUID], Awaitable[AccessToken | None]]


class Uses(Protocol):
    """Is told when a token was used."""

    def note(self, token: AccessToken, now: datetime) -> None: ...


@dataclass(slots=True)
class _Known:
    """A token's answer: until when it is believed, and when its identity is signed anew (seconds of the monotonic clock)."""

    answer: bytes
    believed_until: float
    signed_anew_at: float
    identity: Identity


class Authorizer:
    """Answers checks. `seconds` is a monotonic clock."""

    def __init__(
        self,
        *,
        find_token: FindToken,
        uses: Uses,
        signer: IdentitySigner,
        anonymous: AnonymousRequests,
        clock: Clock,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._find_token = find_token
        self._uses = uses
        self._signer = signer
        self._anonymous = anonymous
        self._clock = clock
        self._seconds = seconds
        self._known: Bounded[bytes, _Known] = Bounded(_MOST_KNOWN)
        self._refused: Bounded[bytes, float] = Bounded(_MOST_REFUSED)
        self._lookups: dict[bytes, asyncio.Task[bytes]] = {}
        self._nobody = self._sign(Identity(CallerKind.ANONYMOUS, "anonymous"), 0.0)

    async def check(self, raw: bytes) -> bytes:
        """A CheckResponse for a CheckRequest, both as bytes. Unavailable if nobody can tell; then the edge refuses."""
        try:
            http = CheckRequest.FromString(raw).attributes.request.http
        except DecodeError:
            return answers.TOKEN_INVALID
        header = http.headers.get("authorization")
        if not header:
            return self._without_token() if self._anonymous.include(http.method, http.path) else answers.TOKEN_MISSING
        key = hashlib.sha256(header.encode()).digest()
        known = self._known.get(key)
        now = self._seconds()
        if known is not None and now < known.believed_until:
            return known.answer
        refused_until = self._refused.get(key)
        if refused_until is not None and now < refused_until:
            return answers.TOKEN_INVALID
        return await self._looked_up(key, header)

    def _without_token(self) -> bytes:
        if self._seconds() >= self._nobody.signed_anew_at:
            self._nobody = self._sign(self._nobody.identity, 0.0)
        return self._nobody.answer

    async def _looked_up(self, key: bytes, header: str) -> bytes:
        scheme, _, text = header.partition(" ")
        name = read_token(text)
        if name is None or scheme.lower() != "bearer":
            return answers.TOKEN_INVALID
        lookup = self._lookups.get(key)
        if lookup is None:
            if len(self._lookups) >= _MOST_LOOKUPS:
                raise Unavailable("AUTHORIZER_BUSY", "too many unknown tokens at once", retry_after_seconds=1.0)
            lookup = asyncio.create_task(self._look_up(key, name.id, text))
            self._lookups[key] = lookup
            lookup.add_done_callback(lambda _: self._lookups.pop(key, None))
        # One caller who leaves must not take the answer from the others.
        return await asyncio.shield(lookup)

    async def _look_up(self, key: bytes, token_id: UUID, text: str) -> bytes:
        asked_at = self._seconds()
        token = await self._found(token_id)
        now = self._clock.now()
        if token is None or not token.opens(text, now):
            self._known.drop(key)
            self._refused.put(key, asked_at + REMEMBERED_SECONDS)
            return answers.TOKEN_INVALID
        self._uses.note(token, now)
        left = (token.expires_at - now).total_seconds() if token.expires_at else REMEMBERED_SECONDS
        known = self._renewed(self._known.get(key), _identity_of(token), asked_at + min(REMEMBERED_SECONDS, left))
        self._known.put(key, known)
        return known.answer

    async def _found(self, token_id: UUID) -> AccessToken | None:
        try:
            async with asyncio.timeout(_LOOKUP_SECONDS):
                return await self._find_token(token_id)
        except TimeoutError:
            raise Unavailable("DATABASE_TIMEOUT", "the database took too long", retry_after_seconds=1.0) from None

    def _renewed(self, known: _Known | None, identity: Identity, believed_until: float) -> _Known:
        """The same signed text as before while it is fresh, because the services remember what they verified."""
        if known is None or known.identity != identity or self._seconds() >= known.signed_anew_at:
            return self._sign(identity, believed_until)
        known.believed_until = min(believed_until, known.signed_anew_at)
        return known

    def _sign(self, identity: Identity, believed_until: float) -> _Known:
        signed_anew_at = self._seconds() + _SIGNED_ANEW_SECONDS
        answer = answers.passing(self._signer.sign(identity))
        return _Known(answer, min(believed_until, signed_anew_at), signed_anew_at, identity)


def _identity_of(token: AccessToken) -> Identity:
    if token.organization_id is None:
        return Identity(CallerKind.OPERATOR, str(token.id))
    return Identity(CallerKind.ORGANIZATION, str(token.id), token.organization_id, frozenset(token.scopes))
