"""One runner for every service: its API, its worker (consumer, schedules) and its relay, together or apart.

python -m services.<name> run       all of it in one process
python -m services.<name> serve     gRPC API; relays what it commits
python -m services.<name> work      consumer and schedules; relays what it commits
python -m services.<name> migrate   bring the schema to its newest version
python -m services.<name> events …  replay facts, list and re-drive parked ones
"""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import typer
import uvloop
from bursar.clockwork.v1 import clockwork_service_pb2
from google.protobuf.descriptor import ServiceDescriptor
from prometheus_client import start_http_server

from services.chassis import events_cli, logs, tracing
from services.chassis.broker import Broker
from services.chassis.clock import Clock, SystemClock
from services.chassis.clockwork import Clockwork, ClockworkServicer
from services.chassis.consumer import Consumer, Reaction
from services.chassis.database import Database
from services.chassis.errors import BursarError
from services.chassis.identity import IdentitySigner, IdentityVerifier
from services.chassis.organization_clock import OrganizationClock
from services.chassis.pause import pause
from services.chassis.peers import Peers
from services.chassis.reconciler import Reconciler
from services.chassis.relay import Relay
from services.chassis.retention import prune
from services.chassis.schema_version import pending
from services.chassis.server import Server
from services.chassis.settings import Settings

_log = logging.getLogger("bursar.run")
_CLOCKWORK = clockwork_service_pb2.DESCRIPTOR.services_by_name["ClockworkService"]
_OBJECTS_A_COLLECTION = 50_000
"""A batch of facts makes tens of thousands and drops them all at its end; looking through them every 700 took a twelfth of the time."""
_READINESS_SECONDS = 2.0
_RETENTION_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """Background work that runs again and again; it works on rows that are due, so any number of replicas may run it."""

    name: str
    every_seconds: float
    run: Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Parts:
    """What a composition root builds its service from."""

    settings: Settings
    database: Database
    """The application role: one organization at a time."""
    worker_database: Database
    """The role of relay, consumers and schedules: all organizations."""
    peers: Peers
    broker: Broker
    clock: Clock
    """The machine's time: for leases, limits and what belongs to no organization."""
    organization_clock: OrganizationClock
    """The time of what belongs to one."""
    signer: IdentitySigner


@dataclass(frozen=True, slots=True)
class Service:
    """What a composition root returns."""

    servicers: Sequence[tuple[ServiceDescriptor, object]] = ()
    reactions: Sequence[Reaction[Any]] = ()
    schedules: Sequence[Schedule] = ()
    tasks: Sequence[Callable[[asyncio.Event], Awaitable[None]]] = ()
    """Long-running work beside the API, e.g. keeping a cache coherent; each is given the event that ends it."""
    close: Sequence[Callable[[], Awaitable[None]]] = field(default=())
    clockwork: Clockwork | None = None
    """Its part in advancing a sandbox's clock."""


Compose = Callable[[Parts], Awaitable[Service]]


def command_line(settings_type: type[Settings], compose: Compose, *extra: typer.Typer) -> typer.Typer:
    """The command line of one service. `extra` brings commands of its own."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)

    @app.command()
    def run() -> None:
        """API, worker and relay in one process."""
        _main(settings_type(), compose, api=True, worker=True)  # type: ignore[call-arg]

    @app.command()
    def serve() -> None:
        """The gRPC API, and the relay of what it commits."""
        _main(settings_type(), compose, api=True, worker=False)  # type: ignore[call-arg]

    @app.command()
    def work() -> None:
        """Consumer and schedules, and the relay of what they commit."""
        _main(settings_type(), compose, api=False, worker=True)  # type: ignore[call-arg]

    @app.command(name="migrate")
    def migrate_command() -> None:
        """Bring the schema to its newest version; several at once wait for each other."""
        from services.chassis.migrate import migrate  # Alembic: not for processes that serve

        settings = settings_type()  # type: ignore[call-arg]
        if settings.database_owner_url is None:
            raise typer.BadParameter("set BURSAR_DATABASE_OWNER_URL: migrations run as the owner of the database")
        migrate(settings.service, settings.database_owner_url)

    app.add_typer(events_cli.command_line(settings_type), name="events")
    for typer_app in extra:
        app.registered_commands += typer_app.registered_commands
    return app


def _main(settings: Settings, compose: Compose, *, api: bool, worker: bool) -> None:
    logs.configure(settings.service)
    tracing.configure(settings.service, exporter=_exporter(settings), sample_ratio=settings.trace_sample_ratio)
    host, _, port = settings.metrics_address.rpartition(":")
    start_http_server(int(port), host)
    uvloop.run(_run(settings, compose, api=api, worker=worker))


async def _run(settings: Settings, compose: Compose, *, api: bool, worker: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        parts = await stack.enter_async_context(_parts(settings))
        service = await compose(parts)
        for close in service.close:
            stack.push_async_callback(close)
        tasks = _background(parts, service, stop, worker=worker)
        server = await _serve(parts, service) if api else None
        if server is not None:
            tasks.append(asyncio.create_task(_readiness(server, parts, stop), name="readiness"))
        gc.freeze()  # what is here now stays: looking through it again would hold up every call for some 40 ms
        gc.set_threshold(_OBJECTS_A_COLLECTION)
        _log.info("started")
        ended = asyncio.create_task(stop.wait())
        await asyncio.wait([ended, *tasks], return_when=asyncio.FIRST_COMPLETED)
        failed = next((task for task in tasks if task.done() and not task.cancelled() and task.exception()), None)
        stop.set()
        if server is not None:
            await server.stop(drain_seconds=settings.drain_seconds)
        await _finish(tasks)
        if failed is not None:
            _log.error("stopped by a failed task", exc_info=failed.exception())
            raise SystemExit(1)
        _log.info("stopped")


@asynccontextmanager
async def _parts(settings: Settings) -> AsyncIterator[Parts]:
    async with AsyncExitStack() as stack:
        database = Database(settings.database_url, name=f"bursar-{settings.service}", pool_size=settings.database_pool_size)
        worker = Database(settings.database_worker_url, name=f"bursar-{settings.service}-worker", pool_size=settings.database_pool_size)
        for opened in (database, worker):
            await opened.open()
            stack.push_async_callback(opened.close)
        signer = IdentitySigner(settings.identity_key_file, settings.service)
        peers = Peers(settings.peers, signer)
        stack.push_async_callback(peers.close)
        broker = Broker(settings.nats_url, stream=settings.nats_stream, replicas=settings.nats_replicas, name=settings.service)
        await broker.start()
        stack.push_async_callback(broker.close)
        system = SystemClock()
        yield Parts(settings, database, worker, peers, broker, system, OrganizationClock(system), signer)


def _background(parts: Parts, service: Service, stop: asyncio.Event, *, worker: bool) -> list[asyncio.Task[None]]:
    settings, wakes = parts.settings, (parts.database.wake_relay, parts.worker_database.wake_relay)
    relay = Relay(parts.worker_database, parts.broker, wakes=wakes, batch=settings.relay_batch)
    work: list[tuple[str, Awaitable[None]]] = [("relay", relay.run(stop))]
    work += [(f"task-{index}", task(stop)) for index, task in enumerate(service.tasks)]
    if worker:
        reconciler = Reconciler(parts.worker_database, parts.broker)
        work.append(("reconciler", reconciler.run(stop)))
        if service.reactions:
            consumer = Consumer(settings.service, service.reactions, parts.worker_database, parts.broker, batch=settings.consumer_batch)
            work.append(("consumer", consumer.run(stop)))
        retention = Schedule("retention", _RETENTION_SECONDS, partial(prune, parts.worker_database))
        work += [(schedule.name, _repeat(schedule, stop)) for schedule in (*service.schedules, retention)]
    return [asyncio.create_task(coroutine, name=name) for name, coroutine in work]  # type: ignore[arg-type]


async def _serve(parts: Parts, service: Service) -> Server:
    settings = parts.settings
    verifier = IdentityVerifier.from_file(settings.identity_trust_file)
    server = Server(verifier, service=settings.service, max_concurrent_rpcs=settings.max_concurrent_rpcs)
    for descriptor, servicer in service.servicers:
        server.add(descriptor, servicer)
    if service.clockwork is not None:
        types = [reaction.type for reaction in service.reactions]
        server.add(_CLOCKWORK, ClockworkServicer(settings.service, types, service.clockwork, parts.worker_database))
    if settings.environment != "production":
        server.enable_reflection()
    await server.start(settings.grpc_address)
    return server


async def _readiness(server: Server, parts: Parts, stop: asyncio.Event) -> None:
    """Ready means: the database answers and its schema is the newest. The broker may be away: the outbox waits for it."""
    at_head = False
    while not stop.is_set():
        try:
            if not at_head:
                at_head = not await pending(parts.settings.service, parts.worker_database)
            async with parts.worker_database.connection() as connection:
                await connection.execute("select 1")
            await server.set_serving(at_head)
        except BursarError:
            await server.set_serving(False)
        await pause(stop, _READINESS_SECONDS if at_head else 0.1)


async def _repeat(schedule: Schedule, stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            await schedule.run()
        except BursarError as error:
            _log.warning("schedule will run again", extra={"where": schedule.name, "reason": error.reason})
        except Exception:
            _log.exception("schedule failed and will run again", extra={"where": schedule.name})
        await pause(stop, schedule.every_seconds)


async def _finish(tasks: Sequence[asyncio.Task[None]]) -> None:
    if not tasks:
        return
    _, hanging = await asyncio.wait(tasks, timeout=10.0)
    for task in hanging:
        task.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)


def _exporter(settings: Settings) -> Any:
    if settings.trace_endpoint is None:
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter(endpoint=settings.trace_endpoint)
