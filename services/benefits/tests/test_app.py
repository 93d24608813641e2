"""The composed service on a real broker: facts in, grants, facts out."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bursar.checkout.v1 import checkout_events_pb2 as checkout

from services.benefits.app import compose
from services.benefits.tests.builders import ORGANIZATION, order_paid
from services.benefits.tests.suite import Suite
from services.chassis.broker import Broker
from services.chassis.clock import SystemClock
from services.chassis.consumer import Consumer
from services.chassis.ids import new_id
from services.chassis.organization_clock import OrganizationClock
from services.chassis.outbox import Fact
from services.chassis.peers import Peers
from services.chassis.relay import Relay
from services.chassis.run import Parts
from services.chassis.settings import Settings
from services.chassis.tests.keys import signers
from tests.support.databases import ServiceDatabase
from tests.support.eventually import eventually


async def test_a_purchase_becomes_a_grant_by_way_of_the_broker(
    suite: Suite, database: ServiceDatabase, nats_url: str, tmp_path: Path
) -> None:
    made, _ = signers(tmp_path, ["benefits"])
    settings = Settings.model_validate(
        {
            "service": "benefits",
            "database_url": database.urls.app,
            "database_worker_url": database.urls.worker,
            "identity_key_file": tmp_path / "benefits.pem",
            "identity_trust_file": tmp_path / "trust.json",
        }
    )
    broker = Broker(nats_url, stream="APP", root="app", name="benefits")
    await broker.start()
    await broker.ready()
    peers = Peers({}, made["benefits"])
    service = await compose(
        Parts(settings, database.app, database.worker, peers, broker, SystemClock(), OrganizationClock(SystemClock()), made["benefits"])
    )
    stop = asyncio.Event()
    consumer = Consumer("benefits", service.reactions, database.worker, broker)
    relay = Relay(database.worker, broker, wakes=(database.worker.wake_relay,))
    tasks: list[asyncio.Future[None]] = [asyncio.ensure_future(run(stop)) for run in (consumer.run, relay.run, *service.tasks)]

    product = new_id()
    benefit = await suite.benefit()
    await suite.carry(product, [benefit.id])
    paid = order_paid(product, new_id())
    async with database.worker.transaction() as transaction:
        transaction.publish(_as_published(paid.subject_id, paid.message, paid.version))
    await eventually(lambda: _is_live(suite, paid.subject_id, benefit.id), 20.0)
    for schedule in service.schedules:
        await schedule.run()
    assert {schedule.name for schedule in service.schedules} == {"backlog", "grace", "sweep"}
    assert len(await suite.published("benefit_grant.created")) == 1

    stop.set()
    await asyncio.gather(*tasks)
    await broker.delete_stream()
    await broker.close()
    await peers.close()


def _as_published(order_id: object, message: checkout.OrderPaid, version: int) -> Fact:
    return Fact("order.paid", order_id, ORGANIZATION, version, SystemClock().now(), message)  # type: ignore[arg-type]


async def _is_live(suite: Suite, source_id: object, benefit_id: object) -> bool:
    return (source_id, benefit_id) in await suite.live()
