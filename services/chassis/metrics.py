"""Prometheus metrics, all with the prefix `bursar_`. No label ever names an organization."""

from __future__ import annotations

import grpc
from prometheus_client import Counter, Histogram

RPC_REQUESTS = Counter("bursar_rpc_requests_total", "Calls answered.", ("service", "method", "code"))
RPC_DURATION = Histogram(
    "bursar_rpc_duration_seconds",
    "Time from a call's arrival to its answer.",
    ("service", "method"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
)


class RpcMeter:
    """Counts one method's calls, with the labels bound once."""

    def __init__(self, service: str, method: str) -> None:
        self._duration = RPC_DURATION.labels(service, method)
        self._codes = {code: RPC_REQUESTS.labels(service, method, code.name) for code in grpc.StatusCode}

    def count(self, code: grpc.StatusCode, seconds: float) -> None:
        """One call ended."""
        self._codes[code].inc()
        self._duration.observe(seconds)
