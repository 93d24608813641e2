"""Five times what the suite can do: most are turned away at once, the others are served, and it is over when it is over."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from uuid import uuid4

import grpc
import pytest
from bursar.checkout.v1 import checkout_service_pb2, checkout_service_pb2_grpc
from bursar.types.v1 import address_pb2

from deploy.audit.suite import Addresses, Suite
from deploy.envoy.settings import Limits
from deploy.local.options import StackOptions
from tests.e2e.world import ADDRESS
from tests.faults.conftest import Tell, started
from tests.faults.shop import Shop, open_shop
from tests.faults.soundness import come_to_rest

pytestmark = pytest.mark.faults

_ADMITTED = 24
"""Calls at once that checkout takes on, so that one machine can be both the suite and its five-fold load."""
_LET_THROUGH = 64
"""Calls at once that the edge lets through to a service."""
_MEASURE_SECONDS, _FLOOD_SECONDS, _TIMES = 4.0, 8.0, 5
_CONNECTIONS, _TIMEOUT_SECONDS = 24, 20.0
_RECOVERY_SECONDS = 10.0
_OK, _TURNED_AWAY = "OK", ("RESOURCE_EXHAUSTED", "UNAVAILABLE")
Answer = tuple[str, float]


class Callers:
    """Opens checkouts through the edge, on many connections."""

    def __init__(self, shop: Shop) -> None:
        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0)]
        self._channels = [grpc.aio.insecure_channel(shop.merchant.edge_grpc, options=options) for _ in range(_CONNECTIONS)]
        stubs = [checkout_service_pb2_grpc.CheckoutServiceStub(channel) for channel in self._channels]
        self._stubs: Iterator[checkout_service_pb2_grpc.CheckoutServiceStub] = itertools.cycle(stubs)
        self._shop = shop

    async def call(self) -> Answer:
        """How it ended, and after how many seconds."""
        request = checkout_service_pb2.CreateCheckoutRequest(
            request_id=str(uuid4()),
            product_ids=[self._shop.licensed],
            currency="eur",
            customer_email="flood@example.com",
            customer_billing_address=address_pb2.Address(**ADDRESS),
        )
        began = time.monotonic()
        try:
            await next(self._stubs).CreateCheckout(request, timeout=_TIMEOUT_SECONDS, metadata=self._shop.merchant.metadata())  # type: ignore[misc]
        except grpc.aio.AioRpcError as error:
            return error.code().name, time.monotonic() - began
        return _OK, time.monotonic() - began

    async def close(self) -> None:
        await asyncio.gather(*(channel.close(None) for channel in self._channels))


async def test_five_times_the_capacity_is_turned_away_quickly_and_forgotten(tell: Tell) -> None:
    options = StackOptions(
        limits=Limits(concurrent_requests=_LET_THROUGH), extra_environment={"checkout": {"BURSAR_MAX_CONCURRENT_RPCS": str(_ADMITTED)}}
    )
    with started(options) as stack, Suite(Addresses.of(stack.description())) as suite:
        callers = Callers(await asyncio.to_thread(open_shop, stack))
        capacity = await _capacity(callers)
        offered, answers = await _flood(callers, capacity * _TIMES)
        recovery = await _recovery(callers)
        await callers.close()
        await asyncio.to_thread(come_to_rest, stack, suite)
    codes = Counter(code for code, _ in answers)
    accepted = [took for code, took in answers if code == _OK]
    turned_away = [took for code, took in answers if code in _TURNED_AWAY]
    tell(
        f"capacity {capacity:.0f}/s, offered {offered:.0f}/s: {dict(codes)}; p99 of the accepted "
        f"{_p99(accepted):.2f} s, of those turned away {_p99(turned_away):.2f} s; recovered in {recovery:.1f} s"
    )
    assert codes.keys() <= {_OK, *_TURNED_AWAY}
    assert accepted
    assert turned_away
    assert _p99(accepted) < 2.0
    assert _p99(turned_away) < 1.0
    assert recovery < _RECOVERY_SECONDS


async def _capacity(callers: Callers) -> float:
    """Checkouts a second for half as many callers as are let in, each waiting for the answer before the next."""
    until, done = time.monotonic() + _MEASURE_SECONDS, 0

    async def keep_calling() -> None:
        nonlocal done
        while time.monotonic() < until:
            code, _ = await callers.call()
            done += code == _OK

    await asyncio.gather(*(keep_calling() for _ in range(_ADMITTED // 2)))
    return done / _MEASURE_SECONDS


async def _flood(callers: Callers, per_second: float) -> tuple[float, Sequence[Answer]]:
    """Calls at their times, whether earlier ones have been answered or not; how many a second that were in the end."""
    calls, began = [], time.monotonic()
    for number in range(int(per_second * _FLOOD_SECONDS)):
        await asyncio.sleep(max(0.0, began + number / per_second - time.monotonic()))
        calls.append(asyncio.create_task(callers.call()))
    took = time.monotonic() - began
    return len(calls) / took, await asyncio.gather(*calls)


async def _recovery(callers: Callers) -> float:
    """Seconds until ten calls in a row are answered, each within a second."""
    began, in_a_row = time.monotonic(), 0
    while in_a_row < 10 and time.monotonic() - began < 3 * _RECOVERY_SECONDS:
        code, took = await callers.call()
        in_a_row = in_a_row + 1 if code == _OK and took < 1.0 else 0
    return time.monotonic() - began


def _p99(seconds: Sequence[float]) -> float:
    return statistics.quantiles(seconds, n=100)[98] if len(seconds) > 1 else 0.0
