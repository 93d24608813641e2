"""The clock of a stand-in for Stripe, which goes along with that of a sandbox. Stripe's own goes its own way."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import httpx

from services.chassis.errors import Unavailable

_SECONDS = 30.0


class StripeClock:
    """`url` takes `{"seconds", "key"}` and moves once for each key."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def move(self, organization_id: UUID, before: datetime, now: datetime) -> None:
        """Move it as far as a sandbox moves. Unavailable if nobody knows whether it did."""
        seconds = (now - before).total_seconds()
        if seconds <= 0:
            return
        key = f"{organization_id}:{now.isoformat()}"
        try:
            async with httpx.AsyncClient(timeout=_SECONDS) as client:
                (await client.post(self._url, json={"seconds": seconds, "key": key})).raise_for_status()
        except httpx.HTTPError as error:
            raise Unavailable("PROCESSOR_CLOCK_UNAVAILABLE", "the processor's clock does not answer", retry_after_seconds=1.0) from error
