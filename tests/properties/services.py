"""Every service that reacts, composed as it is in its own process, on a database that can be copied."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from services.benefits import app as benefits
from services.benefits.settings import BenefitsSettings
from services.chassis.broker import Broker
from services.chassis.clock import ManualClock
from services.chassis.event import Event
from services.chassis.organization_clock import OrganizationClock
from services.chassis.peers import Peers
from services.chassis.reactor import Reactor
from services.chassis.run import Compose, Parts, Service
from services.chassis.settings import Settings
from services.chassis.tests.keys import signers
from services.checkout import app as checkout
from services.checkout.settings import CheckoutSettings
from services.ledger import app as ledger
from services.ledger.settings import LedgerSettings
from services.subscription import app as subscription
from services.subscription.settings import SubscriptionSettings
from tests.support.databases import Cluster, ServiceDatabase, ServiceUrls, opened

COMPOSED: Mapping[str, tuple[Compose, type[Settings]]] = {
    "checkout": (checkout.compose, CheckoutSettings),
    "subscription": (subscription.compose, SubscriptionSettings),
    "ledger": (ledger.compose, LedgerSettings),
    "benefits": (benefits.compose, BenefitsSettings),
}
_FIELDS = ("event_id", "type", "organization_id", "subject_id", "version", "occurred_at", "payload")
_NOBODY = "nats://unused"


@dataclass(frozen=True, slots=True)
class Reacting:
    """One service with its real reactions. Nothing runs by itself: facts are brought, schedules are called."""

    database: ServiceDatabase
    service: Service
    reactor: Reactor

    async def told(self) -> list[Event[Any]]:
        """The facts of its outbox in the order in which they were written."""
        async with self.database.worker.transaction() as transaction:
            rows = await (await transaction.connection.execute("select * from outbox order by position")).fetchall()
        return [
            Event(
                row["event_id"], row["type"], row["organization_id"], row["subject_id"], row["version"], row["occurred_at"], row["payload"]
            )
            for row in rows
        ]

    async def run_schedules(self, *names: str) -> None:
        """What it does by itself now and then, until nothing is left to do: each run answers how much it did."""
        for schedule in self.service.schedules:
            while schedule.name in names and await schedule.run():
                pass


@asynccontextmanager
async def reacting(urls: Mapping[str, ServiceUrls], now: datetime, folder: Path) -> AsyncIterator[dict[str, Reacting]]:
    """The services on these databases, whose clock stands still."""
    made, _ = signers(folder, list(urls))
    async with AsyncExitStack() as stack:
        running = {}
        for name, each in urls.items():
            database = await stack.enter_async_context(opened(each))
            compose, settings = COMPOSED[name]
            parts = Parts(
                settings.model_construct(service=name, database_worker_url=each.worker, identity_key_file=folder / f"{name}.pem"),
                database.app,
                database.worker,
                Peers({}, made[name]),
                Broker(_NOBODY),
                (clock := ManualClock(now)),
                OrganizationClock(clock),
                made[name],
            )
            service = await compose(parts)
            for close in service.close:
                stack.push_async_callback(close)
            running[name] = Reacting(database, service, Reactor(name, service.reactions, database.worker))
        yield running


def copy_of(cluster: Cluster, service: str, urls: ServiceUrls) -> ServiceUrls:
    """A database with the same rows; nobody may be connected to the first."""
    target = cluster.create(service)
    cluster.drop(target)
    names = [sql.Identifier(urlsplit(each.owner).path[1:]) for each in (target, urls)]
    with psycopg.connect(urlunsplit(urlsplit(urls.admin)._replace(path="/postgres")), autocommit=True) as admin:
        owner = sql.Identifier(urlsplit(urls.owner).username or "")
        admin.execute(sql.SQL("create database {} template {} owner {}").format(*names, owner))
    return target
