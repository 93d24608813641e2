"""Transactions: all or nothing with their facts, one organization at a time, and gone callers."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest
from bursar.checkout.v1 import checkout_events_pb2

from services.chassis import deadline
from services.chassis.database import Transaction
from services.chassis.errors import Conflict, Unavailable
from services.chassis.ids import new_id
from services.chassis.outbox import Fact
from services.chassis.sql import Statement
from tests.support.databases import ServiceDatabase

INSERT = Statement("insert into counter values (%(organization_id)s, %(counter_id)s, 1, 0)")
COUNT = Statement("select count(*) as found from counter")
FACTS = Statement("select count(*) as found from outbox")
LOCK = Statement("select 1 from counter for update nowait")
SLOW = Statement("select pg_sleep(5)")


def fact(organization_id: UUID) -> Fact:
    message = checkout_events_pb2.CheckoutExpired(checkout_id=str(new_id()))
    return Fact("checkout.expired", new_id(), organization_id, 1, datetime.now(UTC), message)


async def found(database: ServiceDatabase, statement: Statement = COUNT) -> int:
    async with database.worker.transaction() as transaction:
        row = await transaction.one(statement)
    assert row is not None
    return int(row["found"])


async def write(transaction: Transaction, organization_id: UUID) -> None:
    await transaction.execute(INSERT, organization_id=organization_id, counter_id=new_id())
    transaction.publish(fact(organization_id))


async def test_a_change_and_its_fact_are_committed_together(database: ServiceDatabase) -> None:
    organization_id = new_id()
    async with database.app.transaction(organization_id) as transaction:
        await write(transaction, organization_id)
    assert (await found(database), await found(database, FACTS)) == (1, 1)
    assert database.app.wake_relay.is_set()


async def test_neither_is_there_when_the_use_case_raises(database: ServiceDatabase) -> None:
    organization_id = new_id()
    with pytest.raises(RuntimeError):
        async with database.app.transaction(organization_id) as transaction:
            await write(transaction, organization_id)
            raise RuntimeError
    assert (await found(database), await found(database, FACTS)) == (0, 0)
    assert not database.app.wake_relay.is_set()


async def test_the_app_role_sees_and_writes_one_organization_only(database: ServiceDatabase) -> None:
    mine, theirs = new_id(), new_id()
    for organization_id in (mine, theirs):
        async with database.app.transaction(organization_id) as transaction:
            await write(transaction, organization_id)
            row = await transaction.one(COUNT)
            assert row is not None
            assert row["found"] == 1
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with database.app.transaction(mine) as transaction:
            await transaction.execute(INSERT, organization_id=theirs, counter_id=new_id())
    async with database.app.transaction() as transaction:
        row = await transaction.one(COUNT)
        assert row is not None
        assert row["found"] == 0
    assert await found(database) == 2


async def test_the_organization_does_not_stay_in_the_pooled_connection(database: ServiceDatabase) -> None:
    async with database.app.transaction(new_id()):
        pass
    async with database.app.connection() as connection:
        cursor = await connection.execute("select current_setting('app.organization_id', true) as left_over")
        row = await cursor.fetchone()
    assert row is not None
    assert not row["left_over"]


async def test_a_row_that_somebody_else_holds_is_a_conflict(database: ServiceDatabase) -> None:
    async with database.worker.transaction() as transaction:
        await transaction.execute(INSERT, organization_id=new_id(), counter_id=new_id())
    async with database.worker.transaction() as holder:
        await holder.all(LOCK)
        with pytest.raises(Conflict):
            async with database.worker.transaction() as rival:
                await rival.all(LOCK)


async def test_a_statement_ends_with_the_callers_deadline(database: ServiceDatabase) -> None:
    async def impatient() -> None:
        deadline.set_deadline(0.2)
        async with database.worker.transaction() as transaction:
            await transaction.all(SLOW)

    with pytest.raises(Unavailable) as refused:
        await asyncio.create_task(impatient())
    assert refused.value.reason == "DATABASE_TIMEOUT"
    assert await found(database) == 0


async def test_a_caller_who_leaves_leaves_a_clean_connection(database: ServiceDatabase) -> None:
    async def slow() -> None:
        async with database.app.transaction(new_id()) as transaction:
            await transaction.all(SLOW)

    for _ in range(20):  # more often than the pool has connections
        task = asyncio.create_task(slow())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await found(database) == 0


async def test_the_pool_recovers_after_the_server_cut_all_connections(database: ServiceDatabase) -> None:
    with psycopg.connect(database.urls.admin, autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        )
    failures = 0
    for _ in range(10):
        try:
            await found(database)
        except Unavailable:
            failures += 1
    assert failures < 10
    assert await found(database) == 0


async def test_a_connection_that_is_left_inside_a_pipeline_is_not_used_again(database: ServiceDatabase) -> None:
    async with database.worker.connection() as connection:
        connection.pgconn.enter_pipeline_mode()  # as psycopg leaves it when the end of a pipeline is cancelled at a bad moment
    for _ in range(3):
        assert await found(database) == 0
