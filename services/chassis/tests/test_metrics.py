"""Calls are counted, and told in the format of Prometheus."""

from __future__ import annotations

import grpc
from prometheus_client import REGISTRY

from services.chassis.metrics import rpc_meter


def sample(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"service": "test", "method": "test.Meter", **labels})


def test_calls_are_counted_by_code_and_duration() -> None:
    meter = rpc_meter("test", "test.Meter")
    assert rpc_meter("test", "test.Meter") is meter
    for code, seconds in ((grpc.StatusCode.OK, 0.001), (grpc.StatusCode.OK, 0.02), (grpc.StatusCode.NOT_FOUND, 60.0)):
        meter.count(code, seconds)
    assert sample("bursar_rpc_requests_total", code="OK") == 2
    assert sample("bursar_rpc_requests_total", code="NOT_FOUND") == 1
    assert sample("bursar_rpc_requests_total", code="INTERNAL") is None
    expected = {"0.001": 1, "0.01": 1, "0.025": 2, "10.0": 2, "+Inf": 3}
    assert {bound: sample("bursar_rpc_duration_seconds_bucket", le=bound) for bound in expected} == expected
    assert sample("bursar_rpc_duration_seconds_count") == 3
    assert sample("bursar_rpc_duration_seconds_sum") == 60.021
