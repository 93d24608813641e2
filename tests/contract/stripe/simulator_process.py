"""Run the simulator as its users do: a process of its own on a free port."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import stripe

ROOT = Path(__file__).parents[3]
DEADLINE_SECONDS = 10.0
QUICK = ("--settle-delay-ms", "20", "--refund-delay-ms", "20", "--dispute-delay-ms", "20")
RETRIES = ("--webhook-retry-seconds", "0.05,0.05,0.05", "--webhook-timeout-seconds", "1")
Json = dict[str, Any]


class SimulatorProcess:
    """A running simulator, and its process if it was started here; `control` is `/_sim/…`, `stripe_client()` the SDK."""

    def __init__(self, process: asyncio.subprocess.Process | None, url: str) -> None:
        self.process = process
        self.url = url
        self.http = httpx.AsyncClient(base_url=url, timeout=DEADLINE_SECONDS)

    @classmethod
    async def start(cls, *arguments: str) -> "SimulatorProcess":
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "deploy.stripe_simulator", "--port", "0", *QUICK, *RETRIES, *arguments),
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), DEADLINE_SECONDS)
        return cls(process, json.loads(line)["url"])

    def stripe_client(self, **options: Any) -> stripe.StripeClient:
        addresses: Any = {"api": self.url, "connect": self.url, "files": self.url}
        return stripe.StripeClient("sk_test_contract", base_addresses=addresses, **options)

    async def control(self, verb: str, path: str, /, **given: Any) -> Json:
        response = await self.http.request(verb, f"/_sim/{path}", json=given or None)
        assert response.status_code == 200, response.text
        answer: Json = response.json()
        return answer

    async def api(self, verb: str, path: str, data: Json | None = None, **headers: str) -> httpx.Response:
        """A call without the SDK, to see status and headers as they are."""
        sent = {"Authorization": "Bearer sk_test_contract"} | {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.request(verb, path, data=data, headers=sent)

    async def kill(self) -> None:
        """As a crash does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()
        await self.http.aclose()

    async def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        await self.http.aclose()
        return await asyncio.wait_for(self.process.wait(), DEADLINE_SECONDS)


Launch = Callable[..., Awaitable[SimulatorProcess]]


async def eventually(condition: Callable[[], Any], seconds: float = 5.0) -> Any:
    """The first true result of a condition (or of what it makes to await); fails after `seconds`."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        result = condition()
        if asyncio.iscoroutine(result):
            result = await result
        if result:
            return result
        assert asyncio.get_running_loop().time() < deadline, "nothing happened in time"
        await asyncio.sleep(0.01)
