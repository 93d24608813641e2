"""Prometheus metrics, all with the prefix `bursar_`. No label ever names an organization.

Calls are counted in plain numbers and turned into metrics when somebody asks: a counter and a histogram of the client library cost
a lock and a loop each, with every call.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from functools import cache
from itertools import accumulate

import grpc
from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_NAMES = [*map(str, _BOUNDS), "+Inf"]


class RpcMeter:
    """Counts one method's calls."""

    __slots__ = ("codes", "durations", "method", "seconds", "service")

    def __init__(self, service: str, method: str) -> None:
        self.service = service
        self.method = method
        self.codes: dict[grpc.StatusCode, int] = {}
        self.durations = [0] * len(_NAMES)
        self.seconds = 0.0

    def count(self, code: grpc.StatusCode, seconds: float) -> None:
        """One call ended."""
        self.codes[code] = self.codes.get(code, 0) + 1
        self.durations[bisect_left(_BOUNDS, seconds)] += 1
        self.seconds += seconds


class _Calls(Collector):
    def __init__(self) -> None:
        self.meters: list[RpcMeter] = []

    def collect(self) -> Iterator[CounterMetricFamily | HistogramMetricFamily]:
        requests = CounterMetricFamily("bursar_rpc_requests", "Calls answered.", labels=("service", "method", "code"))
        durations = HistogramMetricFamily(
            "bursar_rpc_duration_seconds", "Time from a call's arrival to its answer.", labels=("service", "method")
        )
        for meter in self.meters:
            for code, number in meter.codes.copy().items():
                requests.add_metric((meter.service, meter.method, code.name), number)
            buckets = list(zip(_NAMES, accumulate(meter.durations), strict=True))
            durations.add_metric((meter.service, meter.method), buckets, meter.seconds)
        yield requests
        yield durations


_calls = _Calls()
REGISTRY.register(_calls)


@cache
def rpc_meter(service: str, method: str) -> RpcMeter:
    """The meter of a method, one for the process."""
    meter = RpcMeter(service, method)
    _calls.meters.append(meter)
    return meter
