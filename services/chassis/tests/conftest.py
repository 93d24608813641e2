"""A database with the chassis tables and one of a service's own, and a stream for each test."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest_asyncio
import sqlalchemy
from alembic.migration import MigrationContext
from alembic.operations import Operations

from services.chassis.broker import Broker
from services.chassis.migrate import roles_of
from services.chassis.schema import create_chassis_tables, enable_row_level_security
from tests.support.databases import Cluster, ServiceDatabase, opened

_OWN_TABLE = """
create table counter (
  organization_id uuid not null,
  counter_id uuid not null,
  version bigint not null,
  applied bigint not null,
  primary key (organization_id, counter_id)
)
"""
_streams = itertools.count(1)


def create_tables(service: str, owner_url: str) -> None:
    """What a service's first migration does."""
    roles = roles_of(service)
    engine = sqlalchemy.create_engine("postgresql+psycopg" + owner_url.removeprefix("postgresql"), poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        op = Operations(MigrationContext.configure(connection))
        create_chassis_tables(op, roles.app, roles.worker)
        op.execute(_OWN_TABLE)
        enable_row_level_security(op, "counter", roles.app, roles.worker)


@pytest_asyncio.fixture
async def database(cluster: Cluster) -> AsyncIterator[ServiceDatabase]:
    """Chassis tables and `counter`, both pools open."""
    with cluster.lent("chassis_test", migrate=create_tables) as urls:
        async with opened(urls) as both:
            yield both


@pytest_asyncio.fixture
async def broker(nats_url: str) -> AsyncIterator[Broker]:
    """Connected, with a stream of its own; streams share no subjects, so each has its own root."""
    async with _broker(nats_url, duplicate_window_seconds=120.0) as opened_broker:
        yield opened_broker


@pytest_asyncio.fixture
async def forgetful_broker(nats_url: str) -> AsyncIterator[Broker]:
    """Knows an id for a tenth of a second."""
    async with _broker(nats_url, duplicate_window_seconds=0.1) as opened_broker:
        yield opened_broker


@asynccontextmanager
async def _broker(url: str, *, duplicate_window_seconds: float) -> AsyncIterator[Broker]:
    name = f"test{next(_streams)}"
    broker = Broker(url, stream=name, root=name, name="test", duplicate_window_seconds=duplicate_window_seconds)
    await broker.start()
    await broker.ready()
    try:
        yield broker
        await broker.delete_stream()
    finally:
        await broker.close()
