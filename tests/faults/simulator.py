"""What the processor is made to do while buyers pay."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import httpx


class Simulator:
    """The control interface of the Stripe simulator."""

    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(base_url=f"{url}/_sim/", timeout=10.0)

    async def close(self) -> None:
        await self._http.aclose()

    async def do(self, verb: str, **given: Any) -> dict[str, Any]:
        """One control call, e.g. `webhooks/drop`."""
        response = await self._http.post(verb, json=given)
        return dict(response.raise_for_status().json())

    async def calm(self) -> None:
        """No fault and no rule is left."""
        for verb in ("faults", "webhooks/rules"):
            (await self._http.delete(verb)).raise_for_status()

    async def used_faults(self) -> int:
        """How many calls failed as they were told to."""
        return int((await self._http.get("faults")).json()["used"])

    async def delivered(self) -> dict[str, int]:
        """What became of webhooks so far: how many were delivered, dropped, retried …"""
        return dict((await self._http.get("webhooks")).json()["counts"])


async def misbehave(simulator: Simulator, chance: random.Random, *, times: int, pause_seconds: float) -> None:
    """One fault after the other: errors and cut connections before and after the effect, slow answers, and bad deliveries."""
    for _ in range(times):
        await asyncio.sleep(pause_seconds)
        # More often than the client library repeats a call by itself, so that some calls stay without an answer.
        path, often = chance.choice(("/v1/payment_intents*", "/v1/customers*", "/v1/*")), chance.randint(1, 5)
        status = chance.choice((None, 500, 503, 429))
        await simulator.do(
            "faults", times=often, path=path, status=status, when=chance.choice(("before", "after")), stored=chance.random() < 0.5
        )
        await simulator.do("faults", times=1, path="/v1/payment_intents", delay_ms=chance.choice((500, 3_000)))
        for rule, more in (("drop", {}), ("duplicate", {"copies": 3}), ("delay", {"delay_ms": 1_500})):
            await simulator.do(f"webhooks/{rule}", next=chance.randint(1, 4), types=["*"], **more)
        if chance.random() < 0.3:
            await simulator.do("webhooks/hold")
            await asyncio.sleep(pause_seconds)
            await simulator.do("webhooks/release", order="shuffle", seed=chance.randrange(1 << 30))
