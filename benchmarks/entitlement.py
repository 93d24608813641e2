"""CheckEntitlement through the whole door, from memory and from the database, against an RPC that does nothing.

    echo        a plain grpc.aio server with the same messages: no interceptor, no identity, no metrics
    door        the same answer behind the suite's door: deadline, trace, identity, access, shape, metrics
    remembered  CheckEntitlement, everything on, answered from memory
    asked       CheckEntitlement, everything on, answered by the database

Each is a server process of its own; one load generator goes round them. Two cores are shared by server, database and generator, so
calls a second say less than what a call costs: the ratios are of the server process's CPU time for a call. The generator asks one
question again and again, by the merchant's own customer id; so "door" finds the shape of the request remembered too.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import grpc
import psutil
import uvloop
from bursar.benefits.v1 import grant_service_pb2

from benchmarks.figure import Figure, at_least
from benchmarks.load import run_load
from deploy.local.postgres import ephemeral_postgres
from services.benefits.api.convert import entitlement_to_bytes
from services.benefits.app import bind, servicers
from services.benefits.domain.benefit import Kind
from services.benefits.domain.source import Observation, SourceKind
from services.benefits.storage.entitlements import EntitlementReader
from services.benefits.usecases.check_entitlement import CheckEntitlement
from services.benefits.usecases.create_benefit import Draft, create_benefit
from services.benefits.usecases.observe_sources import observe_sources
from services.benefits.usecases.set_product_benefits import set_product_benefits
from services.chassis.call import Call
from services.chassis.clock import SystemClock
from services.chassis.database import Database
from services.chassis.identity import METADATA_KEY, CallerKind, Identity, IdentityVerifier
from services.chassis.ids import new_id
from services.chassis.server import Server
from services.chassis.tests.keys import signers
from tests.support.databases import Cluster, ServiceUrls

ROUNDS = 7
SECONDS = 1.5
IN_FLIGHT = 32
_BATCHES = 10
PATH = "/bursar.benefits.v1.GrantService/CheckEntitlement"
EXTERNAL_ID = "customer-of-the-merchant"
_SERVICE = grant_service_pb2.DESCRIPTOR.services_by_name["GrantService"]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one round found of one server."""

    cpu_microseconds: float
    per_second: float


def figures() -> list[Figure]:
    """Measure."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        urls = Cluster(stack.enter_context(ephemeral_postgres())).create("benefits")
        organization_id, body = asyncio.run(_filled(urls))
        issuers, _ = signers(folder, ["identity"])
        identity = Identity(CallerKind.ORGANIZATION, "token", organization_id, frozenset({"entitlements:read"}))
        metadata = {METADATA_KEY: issuers["identity"].sign(identity)}
        servers = {name: stack.enter_context(_server(name, folder, urls)) for name in _SERVERS}
        for address, _ in servers.values():
            _load(address, body, metadata, 0.5)
        found: dict[str, list[Cost]] = {name: [] for name in servers}
        for _ in range(ROUNDS):
            for name, (address, process) in servers.items():
                found[name].append(_cost(address, process, body, metadata))
    return list(_compared(found))


def _compared(found: Mapping[str, list[Cost]]) -> Iterator[Figure]:
    for name, costs in found.items():
        cpu, rate = (statistics.median(getattr(cost, field) for cost in costs) for field in Cost.__slots__)
        print(f"  {name:<10} {cpu:7.1f} µs of CPU a call, {rate:8,.0f} calls/s", flush=True)
    echo = found["echo"]
    for name, title, target in (
        ("door", "Echo through the door, of Echo", 0.80),
        ("remembered", "CheckEntitlement from memory, of Echo", 0.75),
        ("asked", "CheckEntitlement from the database, of Echo", 0.40),
    ):
        ratio = statistics.median(bare.cpu_microseconds / cost.cpu_microseconds for bare, cost in zip(echo, found[name], strict=True))
        yield at_least(title, statistics.median(cost.cpu_microseconds for cost in found[name]), "µs", ratio=ratio, target=target)


def _cost(address: str, process: psutil.Process, body: bytes, metadata: Mapping[str, str]) -> Cost:
    before = process.cpu_times()
    calls, per_second = _load(address, body, metadata, SECONDS)
    after = process.cpu_times()
    spent = after.user + after.system - before.user - before.system
    return Cost(spent / calls * 1e6, per_second)


def _load(address: str, body: bytes, metadata: Mapping[str, str], seconds: float) -> tuple[int, float]:
    load = run_load("grpc", address, PATH, body=body, metadata=metadata, in_flight=IN_FLIGHT, seconds=seconds)
    assert load.errors == 0, f"{load.errors} of {load.calls} calls failed"
    return load.calls, load.per_second


async def _filled(urls: ServiceUrls) -> tuple[UUID, bytes]:
    """A few thousand grants, and the question about one of them."""
    ports = bind(SystemClock())
    organization_id, product_id = new_id(), new_id()
    app, worker = Database(urls.app, name="app"), Database(urls.worker, name="worker")
    await app.open()
    await worker.open()
    async with app.transaction(organization_id) as transaction:
        await ports.products.ensure(transaction, {product_id: organization_id})
        draft = Draft(Kind.FEATURE_FLAG, "Faster exports", metadata={"limit": 20})
        benefit = await create_benefit(transaction, organization_id, draft, ports=ports)
        await set_product_benefits(transaction, organization_id, product_id, [benefit.id], ports=ports)
    for batch in range(_BATCHES):
        async with worker.transaction() as transaction:
            told = [_purchase(organization_id, product_id, EXTERNAL_ID if batch == index == 0 else None) for index in range(500)]
            await observe_sources(transaction, told, ports=ports)
    await app.close()
    await worker.close()
    question = grant_service_pb2.CheckEntitlementRequest(external_customer_id=EXTERNAL_ID, benefit_id=str(benefit.id))
    return organization_id, question.SerializeToString()


def _purchase(organization_id: UUID, product_id: UUID, external_id: str | None) -> Observation:
    now = datetime.now(UTC)
    return Observation(new_id(), organization_id, SourceKind.ORDER, new_id(), external_id, product_id, "paid", 1, now)


@contextmanager
def _server(name: str, folder: Path, urls: ServiceUrls) -> Iterator[tuple[str, psutil.Process]]:
    command = [sys.executable, "-m", "benchmarks.entitlement", name, str(folder / "trust.json"), urls.app, urls.worker]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"127.0.0.1:{int(process.stdout.readline())}", psutil.Process(process.pid)
        finally:
            process.terminate()


class _Echo:
    """Answers yes without looking."""

    answer = grant_service_pb2.Entitlement(entitled=True, grant_id=str(new_id()))
    answer.metadata.update({"limit": 20})

    async def CheckEntitlement(self, request: grant_service_pb2.CheckEntitlementRequest, call: Call) -> grant_service_pb2.Entitlement:
        return self.answer

    async def GetBenefitGrant(self, request: Any, call: Call) -> Any:
        raise NotImplementedError

    ListBenefitGrants = GetBenefitGrant


async def _serve_echo(trust: Path, app: Database, worker: Database) -> int:
    echo = _Echo()
    handler = grpc.unary_unary_rpc_method_handler(
        echo.CheckEntitlement,
        request_deserializer=grant_service_pb2.CheckEntitlementRequest.FromString,
        response_serializer=grant_service_pb2.Entitlement.SerializeToString,
    )
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_SERVICE.full_name, {"CheckEntitlement": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    _kept.append(server)
    return port


async def _serve_door(trust: Path, app: Database, worker: Database) -> int:
    server = Server(IdentityVerifier.from_file(trust), service="benefits")
    server.add(_SERVICE, _Echo())
    _kept.append(server)
    return await server.start("127.0.0.1:0")


async def _serve_check(trust: Path, app: Database, worker: Database, *, remembers: bool) -> int:
    check = CheckEntitlement(read=EntitlementReader(worker), to_answer=entitlement_to_bytes, is_live=lambda: remembers)
    server = Server(IdentityVerifier.from_file(trust), service="benefits")
    for descriptor, servicer in servicers(app, bind(SystemClock()), _NoCatalog(), check):
        server.add(descriptor, servicer)
    _kept.append(server)
    return await server.start("127.0.0.1:0")


async def _serve_remembered(trust: Path, app: Database, worker: Database) -> int:
    return await _serve_check(trust, app, worker, remembers=True)


async def _serve_asked(trust: Path, app: Database, worker: Database) -> int:
    return await _serve_check(trust, app, worker, remembers=False)


class _NoCatalog:
    async def has_product(self, organization_id: UUID, product_id: UUID) -> bool:
        return False


_SERVERS = {"echo": _serve_echo, "door": _serve_door, "remembered": _serve_remembered, "asked": _serve_asked}
_kept: list[object] = []
"""A server that nobody holds stops."""


async def _main(name: str, trust: str, app_url: str, worker_url: str) -> None:
    app, worker = Database(app_url, name="app"), Database(worker_url, name="worker")
    await app.open()
    await worker.open()
    print(await _SERVERS[name](Path(trust), app, worker), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        uvloop.run(_main(*sys.argv[1:]))
    else:
        print(*figures(), sep="\n")
