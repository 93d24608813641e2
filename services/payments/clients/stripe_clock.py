"""The clock of a stand-in for Stripe, which goes along with that of a sandbox. Stripe's own goes its own way."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import httpcore
import orjson

from services.chassis.errors import Unavailable

_TIMEOUTS = dict.fromkeys(("connect", "read", "write", "pool"), 30.0)
_HEADERS = [("content-type", "application/json")]


class StripeClock:
    """`url` takes `{"seconds", "key"}` and moves once for each key."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def move(self, organization_id: UUID, before: datetime, now: datetime) -> None:
        """Move it as far as a sandbox moves. Unavailable if nobody knows whether it did."""
        seconds = (now - before).total_seconds()
        if seconds <= 0:
            return
        content = orjson.dumps({"seconds": seconds, "key": f"{organization_id}:{now.isoformat()}"})
        try:
            async with httpcore.AsyncConnectionPool() as pool:
                answer = await pool.request("POST", self._url, headers=_HEADERS, content=content, extensions={"timeout": _TIMEOUTS})
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise _unavailable() from error
        if answer.status != 200:
            raise _unavailable()


def _unavailable() -> Unavailable:
    return Unavailable("PROCESSOR_CLOCK_UNAVAILABLE", "the processor's clock does not answer", retry_after_seconds=1.0)
