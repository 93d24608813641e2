"""The real process: killed at the worst moment, started again, and nothing is paid twice or forgotten."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from bursar.payments.v1 import payment_service_pb2, payment_service_pb2_grpc
from google.protobuf.message import Message

from deploy.local.ports import free_port
from services.chassis.identity import METADATA_KEY
from services.chassis.ids import new_id
from services.chassis.sql import Statement
from services.chassis.tests.keys import signers
from services.payments.tests.builders import payment_request, setup_request
from services.payments.tests.world import SECRET
from tests.contract.stripe.simulator_process import SimulatorProcess
from tests.support.databases import ServiceDatabase
from tests.support.eventually import eventually

ROOT = Path(__file__).resolve().parents[3]
_DUE = Statement("update attempt set due_at = now()")
_TYPES = Statement("select type from outbox order by position")
_STATUSES = Statement("select status from attempt")


class Payments:
    """`python -m services.payments run`, as often as a test wants."""

    def __init__(self, database: ServiceDatabase, simulator: SimulatorProcess, nats_url: str, folder: Path) -> None:
        self.keys, _ = signers(folder, ["checkout", "payments"])
        self.organization_id = new_id()
        self.port, metrics = free_port(), free_port()
        self.environment = os.environ | {
            "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "build" / "python"))),
            "BURSAR_ENVIRONMENT": "test",
            "BURSAR_GRPC_ADDRESS": f"127.0.0.1:{self.port}",
            "BURSAR_METRICS_ADDRESS": f"127.0.0.1:{metrics}",
            "BURSAR_DATABASE_URL": database.urls.app,
            "BURSAR_DATABASE_WORKER_URL": database.urls.worker,
            "BURSAR_NATS_URL": nats_url,
            "BURSAR_NATS_STREAM": f"PAYMENTS_{self.port}",
            "BURSAR_DRAIN_SECONDS": "0",
            "BURSAR_IDENTITY_KEY_FILE": str(folder / "payments.pem"),
            "BURSAR_IDENTITY_TRUST_FILE": str(folder / "trust.json"),
            "STRIPE_SECRET_KEY": "sk_test_payments",
            "STRIPE_WEBHOOK_SECRET": SECRET,
            "STRIPE_API_BASE": simulator.url,
        }

    @asynccontextmanager
    async def process(self, **more: str) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.payments", "run"), cwd=ROOT, env=self.environment | more, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            await asyncio.wait_for(process.wait(), 20)

    async def create(self, request: payment_service_pb2.CreatePaymentRequest) -> int:
        """The status of the payment."""
        return int((await self.call("CreatePayment", request)).status)

    async def call(self, verb: str, request: Message) -> Any:
        metadata = [(METADATA_KEY, self.keys["checkout"].own(self.organization_id))]
        async with grpc.aio.insecure_channel(f"127.0.0.1:{self.port}") as channel:
            commands = payment_service_pb2_grpc.PaymentCommandServiceStub(channel)
            return await getattr(commands, verb)(request, timeout=15, metadata=metadata, wait_for_ready=True)


@pytest.mark.parametrize("place", [pytest.param("before_stripe", marks=pytest.mark.faults), "after_stripe_before_commit"])
async def test_a_process_that_is_killed_while_it_charges_charges_once(
    database: ServiceDatabase, simulator: SimulatorProcess, nats_url: str, tmp_path: Path, place: str
) -> None:
    payments = Payments(database, simulator, nats_url, tmp_path)
    async with payments.process(BURSAR_CRASHPOINT=place) as process:
        with pytest.raises(grpc.aio.AioRpcError):
            await payments.create(payment_request())
        assert await asyncio.wait_for(process.wait(), 10) == 137
    async with database.worker.transaction() as transaction:
        assert [row["status"] for row in await transaction.all(_STATUSES)] == ["pending"]
        await transaction.execute(_DUE)  # the lease of the dead process is over

    async def paid() -> bool:
        async with database.worker.transaction() as transaction:
            return [row["type"] for row in await transaction.all(_TYPES)][:1] == ["payment.succeeded"]

    async with payments.process() as process:
        await eventually(paid, 15)
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 20) == 0
    charges = (await simulator.api("GET", "/v1/charges")).json()["data"]
    assert len(charges) == 1


async def test_a_process_that_is_killed_in_the_lane_charges_once(
    database: ServiceDatabase, simulator: SimulatorProcess, nats_url: str, tmp_path: Path
) -> None:
    payments = Payments(database, simulator, nats_url, tmp_path)
    customer = payment_service_pb2.PaymentCustomer(customer_id=str(new_id()), email="grace@example.com")
    saved = payment_service_pb2.SavedPaymentMethod()
    charges = [payment_request(customer=customer, saved_payment_method=saved) for _ in range(5)]
    async with payments.process(BURSAR_CRASHPOINT="after_charges_before_commit") as process:
        await payments.call("CreateSetup", setup_request(customer=customer))
        await payments.call("CreatePayments", payment_service_pb2.CreatePaymentsRequest(payments=charges))
        assert await asyncio.wait_for(process.wait(), 10) == 137
    async with database.worker.transaction() as transaction:
        await transaction.execute(_DUE)  # the lease of the dead process is over

    async def paid() -> bool:
        async with database.worker.transaction() as transaction:
            return [row["type"] for row in await transaction.all(_TYPES)].count("payment.settled") == len(charges)

    async with payments.process():
        await eventually(paid, 15)
    assert (await simulator.control("GET", "totals"))["payment_intents"] == len(charges)


async def test_production_has_no_crash_points() -> None:
    code = "from services.chassis.crashpoint import crashpoint; crashpoint('x')"
    for environment, expected in (("production", 0), ("", 0), ("test", 137)):
        given = {"BURSAR_CRASHPOINT": "x:1", **({"BURSAR_ENVIRONMENT": environment} if environment else {})}
        inherited = {name: value for name, value in os.environ.items() if name != "BURSAR_ENVIRONMENT"}
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=ROOT, env=inherited | given)
        assert await process.wait() == expected
