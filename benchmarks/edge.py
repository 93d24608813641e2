"""What the edge costs: the cached entitlement check by REST against gRPC directly, and with authorization against without.

Yardsticks of the same run: the same check by gRPC at the service; and the same REST call through an Envoy of the same
configuration but for the authorization filter, with a ready-made identity.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from bursar.benefits.v1 import grant_service_pb2

from benchmarks.figure import Figure, at_least
from benchmarks.load import run_load
from benchmarks.stacks import Bench, running
from deploy.local.ports import free_ports
from deploy.local.wheels import envoy_binary
from services.chassis.identity import METADATA_KEY, CallerKind, Identity, IdentitySigner

ROUNDS = 5
METHOD = "/bursar.benefits.v1.GrantService/CheckEntitlement"


def figures() -> list[Figure]:
    """REST of gRPC, and authorized of unauthorized."""
    with running() as bench, _open_edge(bench) as open_url:
        identity = _identity(bench)
        request = grant_service_pb2.CheckEntitlementRequest(customer_id=bench.customer_id, benefit_id=bench.benefit_id).SerializeToString()
        path = f"/platform/v1/entitlements:check?customer_id={bench.customer_id}&benefit_id={bench.benefit_id}"
        direct = str(bench.stack.description()["services"]["benefits"]["grpc"])
        closed = bench.merchant.url.removeprefix("http://")
        token = {"authorization": f"Bearer {bench.merchant.token}"}
        rounds = [
            (
                run_load("grpc", direct, METHOD, body=request, metadata={METADATA_KEY: identity}),
                run_load("rest", open_url.removeprefix("http://"), path, metadata={METADATA_KEY: identity}),
                run_load("rest", closed, path, metadata=token),
            )
            for _ in range(ROUNDS)
        ]
    for load in (load for row in rounds for load in row):
        if load.errors:
            raise RuntimeError(f"{load.errors} of {load.calls} calls failed: the figure would mean nothing")
    rest = statistics.median(plain.per_second / grpc.per_second for grpc, plain, _ in rounds)
    authorized = statistics.median(secured.per_second / plain.per_second for _, plain, secured in rounds)
    return [
        at_least("check by REST of gRPC", _median(rounds, 1), "calls/s", ratio=rest, target=0.65),
        at_least("check by REST with authorization of without", _median(rounds, 2), "calls/s", ratio=authorized, target=0.38),
    ]


def _median(rounds: list[Any], column: int) -> float:
    return float(statistics.median(row[column].per_second for row in rounds))


def _identity(bench: Bench) -> str:
    signer = IdentitySigner(bench.stack.layout.secrets / "identity.pem", "identity")
    return signer.sign(Identity(CallerKind.ORGANIZATION, "bench", UUID(bench.organization_id), frozenset({"*"})))


@contextmanager
def _open_edge(bench: Bench) -> Iterator[str]:
    """A second Envoy with the stack's own configuration, without the filter that asks who is calling."""
    configuration = json.loads((bench.stack.layout.configuration / "envoy.json").read_text())
    port, admin = free_ports(2)
    _adapt(configuration, port, admin)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "envoy.json"
        file.write_text(json.dumps(configuration))
        process = subprocess.Popen(
            [envoy_binary(), "-c", str(file), "--base-id", "77", "--concurrency", "1", "--log-level", "error"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait(f"http://127.0.0.1:{port}/healthz")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


def _adapt(configuration: Any, port: int, admin: int) -> None:
    listener = configuration["static_resources"]["listeners"][0]
    listener["address"]["socket_address"]["port_value"] = port
    if "admin" in configuration:
        configuration["admin"]["address"]["socket_address"]["port_value"] = admin
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    manager["http_filters"] = [each for each in manager["http_filters"] if each["name"] != "envoy.filters.http.ext_authz"]
    manager.pop("early_header_mutation_extensions", None)


def _wait(url: str) -> None:
    for _ in range(200):
        try:
            if httpx.get(url, timeout=1.0).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    raise RuntimeError("the second edge did not come up")
