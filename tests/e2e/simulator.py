"""What a test does to the processor and to its webhooks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.e2e.merchants import http_client


@dataclass(frozen=True)
class Simulator:
    """The control interface of the Stripe simulator."""

    url: str

    def do(self, verb: str, **given: Any) -> dict[str, Any]:
        """One control call, e.g. `webhooks/hold`."""
        return dict(http_client(self.url).post(f"/_sim/{verb}", json=given).raise_for_status().json())

    def webhooks(self) -> dict[str, Any]:
        """What is on its way, and what became of the rest."""
        return dict(http_client(self.url).get("/_sim/webhooks").raise_for_status().json())

    def wait_for_held_events(self, count: int, seconds: float = 10.0) -> list[str]:
        """Return the ids of the held webhook events once there are at least `count`; AssertionError if there are not in time."""
        until = time.monotonic() + seconds
        while len(held := [event["event"] for event in self.webhooks()["held_events"]]) < count:
            assert time.monotonic() < until, f"{len(held)} of {count} events are held after {seconds} s"
            time.sleep(0.05)
        return held

    def authenticate(self, processor_client_secret: str, outcome: str = "succeed") -> None:
        """What the buyer's bank says after 3-D Secure."""
        self.do("buyer/authenticate", intent=processor_client_secret.split("_secret_")[0], outcome=outcome)

    def charges_of(self, order_id: str) -> list[dict[str, Any]]:
        """The charges that carry an order's id, as the processor has them."""
        query: dict[str, str | int] = {"query": f"metadata['bursar_order_id']:'{order_id}'", "limit": 100}
        headers = {"authorization": "Bearer sk_test_local"}
        found = http_client(self.url).get("/v1/charges/search", params=query, headers=headers)
        return list(found.raise_for_status().json()["data"])

    @contextmanager
    def misdelivering(self, rule: str, **given: Any) -> Iterator[None]:
        """Webhooks are dropped, duplicated, delayed or held until the end of the block."""
        self.do(f"webhooks/{rule}", **{"next": None, **given})
        try:
            yield
        finally:
            http_client(self.url).delete("/_sim/webhooks/rules").raise_for_status()
