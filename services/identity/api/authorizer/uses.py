"""Notes in which hour a token was used last, behind the requests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from uuid import UUID

from services.identity.domain.access_token import AccessToken

_MOST = 10_000
Record = Callable[[Mapping[UUID, datetime]], Awaitable[None]]


class TokenUses:
    """Collects uses and writes them in one statement. They are told when a token is looked up, so at least every few seconds."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._waiting: dict[UUID, datetime] = {}

    def note(self, token: AccessToken, now: datetime) -> None:
        """It was used now; nothing to write if the hour is known."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        if (token.last_used_at is None or token.last_used_at < hour) and len(self._waiting) < _MOST:
            self._waiting[token.id] = hour

    async def write(self) -> None:
        """Store what was collected; kept for the next time if the database is away."""
        waiting, self._waiting = self._waiting, {}
        if not waiting:
            return
        try:
            await self._record(waiting)
        except BaseException:
            self._waiting = {**waiting, **self._waiting}
            raise
