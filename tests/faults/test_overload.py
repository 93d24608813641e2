"""Five times what the suite can do: most are turned away at once, the others are served, and it is over when it is over."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import Counter
from uuid import uuid4

import httpx
import pytest

from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.e2e.world import ADDRESS
from tests.faults.conftest import Tell
from tests.faults.shop import Shop, open_shop
from tests.faults.soundness import come_to_rest

pytestmark = pytest.mark.faults

_MEASURE_SECONDS, _FLOOD_SECONDS, _TIMES = 4.0, 10.0, 5
_CALLERS = 16
_TURNED_AWAY = frozenset((429, 503))
_RECOVERY_SECONDS = 10.0


async def test_five_times_the_capacity_is_turned_away_quickly_and_forgotten(stack: Stack, suite: Suite, tell: Tell) -> None:
    shop = await asyncio.to_thread(open_shop, stack)
    limits = httpx.Limits(max_connections=2_000, max_keepalive_connections=2_000)
    async with httpx.AsyncClient(base_url=f"{shop.merchant.edge_url}/platform/v1/", limits=limits, timeout=30.0) as client:
        capacity = await _capacity(client, shop)
        codes, seconds = await _flood(client, shop, capacity * _TIMES)
        recovery = await _recovery(client, shop)
    accepted = sorted(seconds[200])
    turned_away = sorted(each for code in _TURNED_AWAY for each in seconds[code])
    tell(
        f"capacity {capacity:.0f}/s, offered {capacity * _TIMES:.0f}/s: {dict(codes)}; accepted p99 {_p99(accepted):.2f} s; "
        f"turned away p99 {_p99(turned_away):.2f} s; recovered in {recovery:.1f} s"
    )
    assert set(codes) <= {200, *_TURNED_AWAY}
    assert codes[200] > 0
    assert recovery < _RECOVERY_SECONDS
    assert _p99(turned_away) < 2.0
    assert _p99(accepted) < 5.0
    come_to_rest(stack, suite)


async def _capacity(client: httpx.AsyncClient, shop: Shop) -> float:
    """Checkouts a second that a few callers get, each waiting for the answer before the next."""
    until, done = time.monotonic() + _MEASURE_SECONDS, 0

    async def call() -> None:
        nonlocal done
        while time.monotonic() < until:
            assert (await _open_checkout(client, shop))[0] == 200
            done += 1

    await asyncio.gather(*(call() for _ in range(_CALLERS)))
    return done / _MEASURE_SECONDS


async def _flood(client: httpx.AsyncClient, shop: Shop, per_second: float) -> tuple[Counter[int], dict[int, list[float]]]:
    """Calls at their times, whether earlier ones have been answered or not."""
    calls, began = [], time.monotonic()
    for number in range(int(per_second * _FLOOD_SECONDS)):
        await asyncio.sleep(max(0.0, began + number / per_second - time.monotonic()))
        calls.append(asyncio.create_task(_open_checkout(client, shop)))
    answered = await asyncio.gather(*calls)
    seconds: dict[int, list[float]] = {200: [], 429: [], 503: []}
    for code, took in answered:
        seconds.setdefault(code, []).append(took)
    return Counter(code for code, _ in answered), seconds


async def _recovery(client: httpx.AsyncClient, shop: Shop) -> float:
    """Seconds until ten calls in a row are answered, each within a second."""
    began, in_a_row = time.monotonic(), 0
    while in_a_row < 10 and time.monotonic() - began < 60.0:
        code, took = await _open_checkout(client, shop)
        in_a_row = in_a_row + 1 if code == 200 and took < 1.0 else 0
    return time.monotonic() - began


async def _open_checkout(client: httpx.AsyncClient, shop: Shop) -> tuple[int, float]:
    body = {
        "request_id": str(uuid4()),
        "product_ids": [shop.licensed],
        "currency": "eur",
        "customer_email": "flood@example.com",
        "customer_billing_address": ADDRESS,
    }
    began = time.monotonic()
    response = await client.post("checkouts", json=body, headers={"authorization": f"Bearer {shop.merchant.token}"})
    return response.status_code, time.monotonic() - began


def _p99(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=100)[98] if len(seconds) > 1 else 0.0
