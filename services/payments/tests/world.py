"""The whole service in one process, between a real database and the simulated Stripe, reached as its callers reach it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from unittest import mock
from uuid import UUID

import grpc
from bursar.payments.v1 import (
    payment_method_service_pb2_grpc,
    payment_service_pb2_grpc,
    payments_events_pb2,
    stripe_webhook_service_pb2_grpc,
)
from google.api import httpbody_pb2
from google.protobuf.message import Message

from services.chassis.clock import SystemClock
from services.chassis.errors import NotFound
from services.chassis.identity import METADATA_KEY, CallerKind, Identity, IdentitySigner
from services.chassis.ids import new_id, new_sandbox_id
from services.chassis.organization_clock import OrganizationClock
from services.chassis.run import Parts, Service
from services.chassis.server import Server
from services.chassis.sql import Statement
from services.chassis.tests.keys import signers
from services.payments.app import compose
from services.payments.settings import PaymentsSettings
from services.payments.tests.webhook_bridge import WebhookBridge
from tests.contract.stripe.simulator_process import SimulatorProcess
from tests.support.databases import ServiceDatabase

SANDBOX_START = datetime(2030, 1, 31, 12, tzinfo=UTC)
_MOVE = Statement(
    "insert into sandbox_clock (organization_id, now) values (%(organization_id)s, %(now)s) "
    "on conflict (organization_id) do update set now = excluded.now"
)
SECRET = "whsec_payments_tests"
SCOPES = frozenset(("payments:read", "payment_methods:read", "payment_methods:write"))
_FACTS = Statement("select type, version, subject_id, payload from outbox order by position")
_DUE_NOW = Statement("update attempt set due_at = now() where due_at is not null and id = %(id)s")
_EVENTS = Statement("select id, type, status, source, error, attempts from stripe_event order by received_at")


class CheckoutStandIn:
    """Answers as `checkout` does when it is asked for a customer."""

    def __init__(self) -> None:
        self.unknown: set[str] = set()

    async def call(self, method: Any, request: Any, answer_type: Any, *, organization_id: UUID | None, **_: Any) -> Any:
        assert (method.name, organization_id is not None) == ("GetCustomer", True)
        if request.id in self.unknown:
            raise NotFound("CUSTOMER_NOT_FOUND", "there is no such customer")
        return answer_type(id=request.id, email="grace@example.com", name="Grace")


class World:
    """Callers, and what they leave behind."""

    def __init__(self, database: ServiceDatabase, simulator: SimulatorProcess, service: Service, address: str) -> None:
        self.database = database
        self.simulator = simulator
        self.service = service
        self.organization_id = new_id()
        self.channel = grpc.aio.insecure_channel(address)
        self.commands = payment_service_pb2_grpc.PaymentCommandServiceStub(self.channel)
        self.payments = payment_service_pb2_grpc.PaymentServiceStub(self.channel)
        self.methods = payment_method_service_pb2_grpc.PaymentMethodServiceStub(self.channel)
        self.webhooks = stripe_webhook_service_pb2_grpc.StripeWebhookServiceStub(self.channel)
        self.checkout = CheckoutStandIn()
        self.signers: dict[str, IdentitySigner] = {}
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def command(self, verb: str, request: Message, *, seconds: float = 10.0, organization_id: Any = None) -> Any:
        """Call PaymentCommandService as `checkout`."""
        text = self.signers["checkout"].own(organization_id or self.organization_id)
        return await getattr(self.commands, verb)(request, timeout=seconds, metadata=[(METADATA_KEY, text)])

    async def read(self, stub: Any, verb: str, request: Message, *, organization_id: Any = None) -> Any:
        """Call a public method with an access token."""
        caller = Identity(CallerKind.ORGANIZATION, "token", organization_id or self.organization_id, SCOPES)
        text = self.signers["identity"].sign(caller)
        return await getattr(stub, verb)(request, timeout=10.0, metadata=[(METADATA_KEY, text)])

    async def deliver(self, body: bytes, signature: str) -> int:
        """One webhook, as the edge hands it over; the HTTP status that the edge makes of the answer."""
        try:
            await self.webhooks.ReceiveStripeEvent(
                httpbody_pb2.HttpBody(content_type="application/json", data=body), timeout=5.0, metadata=[("stripe-signature", signature)]
            )
        except grpc.aio.AioRpcError as error:
            return 400 if error.code() is grpc.StatusCode.INVALID_ARGUMENT else 503
        return 200

    def work(self) -> None:
        """Start what runs beside the API."""
        self._tasks += [asyncio.create_task(task(self._stop)) for task in self.service.tasks]  # type: ignore[arg-type]

    async def schedule(self, name: str) -> object:
        """Run a schedule once."""
        return await next(schedule for schedule in self.service.schedules if schedule.name == name).run()

    async def facts(self) -> list[tuple[str, int, Any]]:
        """Type, version and message of every fact, in order."""
        async with self.database.worker.transaction() as transaction:
            rows = await transaction.all(_FACTS)
        return [(row["type"], row["version"], _message(row["type"], bytes(row["payload"]))) for row in rows]

    async def types(self) -> list[str]:
        return [type for type, _, _ in await self.facts()]

    async def events(self) -> list[dict[str, Any]]:
        async with self.database.worker.transaction() as transaction:
            return list(await transaction.all(_EVENTS))

    def become_sandbox(self) -> None:
        """Its clock stands at SANDBOX_START."""
        self.organization_id = new_sandbox_id(SANDBOX_START)

    async def move_sandbox(self, now: datetime) -> None:
        async with self.database.worker.transaction() as transaction:
            await transaction.execute(_MOVE, organization_id=self.organization_id, now=now)

    async def unfinished(self) -> list[str]:
        """What the clock of the sandbox waits for."""
        assert self.service.clockwork is not None
        async with self.database.worker.transaction() as transaction:
            return list(await self.service.clockwork.unfinished(transaction, self.organization_id))

    async def make_due(self, attempt_id: Any) -> None:
        """Its time has come, whatever the row says."""
        async with self.database.worker.transaction() as transaction:
            await transaction.execute(_DUE_NOW, id=attempt_id)

    async def end(self) -> None:
        self._stop.set()
        await asyncio.gather(*self._tasks)
        await self.channel.close(None)


def _message(type: str, payload: bytes) -> Any:
    name = "".join(part.title() for part in type.replace(".", "_").split("_"))
    return cast(Any, getattr(payments_events_pb2, name)).FromString(payload)


@asynccontextmanager
async def running(
    database: ServiceDatabase, simulator: SimulatorProcess, bridge: WebhookBridge, folder: Path, **given: str
) -> AsyncIterator[World]:
    """The service on a free port; webhooks reach it through the bridge."""
    keys, verifier = signers(folder, ["checkout", "identity", "payments"])
    environment = {
        "BURSAR_ENVIRONMENT": "test",
        "BURSAR_DATABASE_URL": database.urls.app,
        "BURSAR_DATABASE_WORKER_URL": database.urls.worker,
        "BURSAR_IDENTITY_KEY_FILE": str(folder / "payments.pem"),
        "BURSAR_IDENTITY_TRUST_FILE": str(folder / "trust.json"),
        "STRIPE_SECRET_KEY": "sk_test_payments",
        "STRIPE_WEBHOOK_SECRET": f"whsec_older, {SECRET}",
        "STRIPE_API_BASE": simulator.url,
        **given,
    }
    with mock.patch.dict(os.environ, environment):
        settings = PaymentsSettings()  # type: ignore[call-arg]
    nobody, checkout = cast(Any, None), CheckoutStandIn()
    service = await compose(
        Parts(
            settings,
            database.app,
            database.worker,
            cast(Any, checkout),
            nobody,
            SystemClock(),
            OrganizationClock(SystemClock()),
            keys["payments"],
        )
    )
    server = Server(verifier, service="payments")
    for descriptor, servicer in service.servicers:
        server.add(descriptor, servicer)
    port = await server.start("127.0.0.1:0")
    world = World(database, simulator, service, f"127.0.0.1:{port}")
    world.signers, world.checkout = keys, checkout
    bridge.deliver = world.deliver
    try:
        yield world
    finally:
        bridge.deliver = None
        await world.end()
        await server.stop(drain_seconds=0, grace_seconds=0.5)
        for close in reversed(service.close):
            await close()
