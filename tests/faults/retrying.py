"""A client as careful merchants write it: each try has a time limit, and a retry is the same request with the same id."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

_WORTH_RETRYING = frozenset((408, 429, 499, 502, 503, 504))
_ABORTED = 10
_PAUSE_SECONDS = (0.05, 1.0)


class Refused(Exception):
    """The suite said no, for good or for longer than we care to wait."""


@dataclass
class Retrying:
    """Calls through the edge. `troubles` counts what was retried, and why."""

    base_url: str
    chance: random.Random
    give_up_seconds: float = 60.0
    try_seconds: float = 10.0
    troubles: Counter[str] = field(default_factory=Counter)
    calls: int = 0

    async def __aenter__(self) -> Self:
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
        self._http = httpx.AsyncClient(base_url=f"{self.base_url}/platform/v1/", timeout=self.try_seconds, limits=limits)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._http.aclose()

    async def post(self, path: str, body: dict[str, Any], token: str | None = None) -> dict[str, Any]:
        """POST with a request id that stays the same over all tries. Refused."""
        return await self._send("POST", path, token, {"request_id": str(uuid4()), **body})

    async def get(self, path: str, token: str | None = None) -> dict[str, Any]:
        """GET. Refused."""
        return await self._send("GET", path, token, None)

    async def _send(self, verb: str, path: str, token: str | None, body: dict[str, Any] | None) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        until = time.monotonic() + self.give_up_seconds
        pause = _PAUSE_SECONDS[0]
        self.calls += 1
        while True:
            trouble, answer = await self._try(verb, path, headers, body)
            if answer is not None:
                return answer
            self.troubles[trouble] += 1
            if time.monotonic() > until:
                raise Refused(f"{verb} {path}: {trouble}, for {self.give_up_seconds:.0f} s")
            await asyncio.sleep(pause * self.chance.uniform(0.5, 1.5))
            pause = min(2 * pause, _PAUSE_SECONDS[1])

    async def _try(self, verb: str, path: str, headers: dict[str, str], body: dict[str, Any] | None) -> tuple[str, dict[str, Any] | None]:
        """What was wrong, or the answer. Refused if trying again is no use."""
        try:
            response = await self._http.request(verb, path, headers=headers, json=body)
        except httpx.TransportError as error:
            return type(error).__name__, None
        if response.is_success:
            return "", dict(response.json())
        if response.status_code in _WORTH_RETRYING or (response.status_code == 409 and response.json().get("code") == _ABORTED):
            return str(response.status_code), None
        raise Refused(f"{verb} {path}: {response.status_code} {response.text}")
