"""What the benchmarks of facts share: durable servers, a chassis database and a stream."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy
from alembic.migration import MigrationContext
from alembic.operations import Operations
from google.protobuf.wrappers_pb2 import StringValue

from deploy.local import nats as local_nats
from deploy.local.ports import free_ports, listening
from deploy.local.postgres import DURABLE, ephemeral_postgres
from services.chassis.broker import Broker
from services.chassis.ids import new_id
from services.chassis.migrate import roles_of
from services.chassis.outbox import Fact
from services.chassis.schema import create_chassis_tables
from tests.support.databases import Cluster, ServiceDatabase, opened

TYPE = "bench.measured"
_BODY = StringValue(value="x" * 250)
_READY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Bench:
    """Both pools of a fresh database, and a broker with a fresh stream."""

    database: ServiceDatabase
    broker: Broker


def fact() -> Fact:
    """A fact of 250 bytes about a subject of its own."""
    return Fact(TYPE, new_id(), new_id(), 1, datetime.now(UTC), _BODY)


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    """Servers that sync what they confirm, as in production."""
    with ephemeral_postgres(DURABLE) as admin_url, _durable_nats() as nats_url:
        cluster = Cluster(admin_url)
        broker = Broker(nats_url, name="bench")
        await broker.start()
        await broker.ready()
        async with opened(cluster.create("bench", migrate=_create_tables)) as database:
            yield Bench(database, broker)
        await broker.close()


def _create_tables(service: str, owner_url: str) -> None:
    roles = roles_of(service)
    engine = sqlalchemy.create_engine("postgresql+psycopg" + owner_url.removeprefix("postgresql"), poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        create_chassis_tables(Operations(MigrationContext.configure(connection)), roles.app, roles.worker)


@contextmanager
def _durable_nats() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="bursar-bench-", ignore_cleanup_errors=True) as directory:
        port, monitor_port = free_ports(2)
        written = Path(directory) / "nats.conf"
        written.write_text(local_nats.configuration(Path(directory) / "store", port=port, monitor_port=monitor_port, sync="always"))
        server = subprocess.Popen(local_nats.command(written), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until = time.monotonic() + _READY_SECONDS
            while not listening(port):
                if time.monotonic() > until:
                    raise TimeoutError("NATS did not come up")
                time.sleep(0.01)
            yield local_nats.url(port)
        finally:
            server.kill()
            server.wait()
