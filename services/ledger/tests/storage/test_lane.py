from __future__ import annotations

import asyncio

import psycopg
import pytest

from services.chassis.deadline import set_deadline
from services.ledger.domain.errors import BalanceBoundExceeded, LedgerBusy, LedgerUnavailable
from services.ledger.domain.posting import Posted
from services.ledger.storage.accounts import AccountRegistry
from services.ledger.storage.audit import audit
from services.ledger.storage.lane import PostingLane
from services.ledger.tests.builders import clearing, transfer, wallet
from tests.support.databases import ServiceDatabase


async def drained(lane: PostingLane) -> None:
    """Post what is queued, and close."""
    stop = asyncio.Event()
    stop.set()
    await lane.run(stop)


async def test_callers_share_batches_and_each_gets_its_answer(lane: PostingLane, database: ServiceDatabase) -> None:
    results = await asyncio.gather(*(lane.post([transfer(amount)]) for amount in range(1, 301)))
    ids = [result.transaction_id for (result,) in results if isinstance(result, Posted)]
    assert sorted(ids) == list(range(1, 301))
    async with database.worker.connection() as connection:
        row = await (await connection.execute("select count(distinct posted_at) as batches from journal")).fetchone()
    assert row is not None
    assert row["batches"] < 30
    assert (await audit(database.worker)).sound


async def test_a_call_larger_than_a_batch_is_answered_whole(lane: PostingLane) -> None:
    results = await lane.post([transfer(1) for _ in range(2300)])
    assert [result.transaction_id for result in results if isinstance(result, Posted)] == list(range(1, 2301))


async def test_a_refusal_is_its_callers_alone(lane: PostingLane) -> None:
    spend = transfer(1, debit=wallet(), credit=clearing())
    good, bad, also_good = await asyncio.gather(lane.post([transfer(1)]), lane.post([spend]), lane.post([transfer(1)]))
    assert [type(result) for (result,) in (good, bad, also_good)] == [Posted, BalanceBoundExceeded, Posted]


async def test_the_same_key_from_many_callers_at_once_posts_once(lane: PostingLane, database: ServiceDatabase) -> None:
    posting = transfer(5, key="k")
    results = await asyncio.gather(*(lane.post([posting]) for _ in range(50)))
    assert {result.transaction_id for (result,) in results if isinstance(result, Posted)} == {1}
    assert sum(not result.replayed for (result,) in results if isinstance(result, Posted)) == 1


async def test_two_debits_race_for_the_last_cent(lane: PostingLane) -> None:
    await lane.post([transfer(100, credit=wallet())])
    spends = [transfer(100, debit=wallet(), credit=clearing()) for _ in range(20)]
    results = await asyncio.gather(*(lane.post([spend]) for spend in spends))
    assert sorted(type(result).__name__ for (result,) in results) == ["BalanceBoundExceeded"] * 19 + ["Posted"]


async def test_a_full_queue_says_busy(database: ServiceDatabase, registry: AccountRegistry) -> None:
    lane = PostingLane(database.urls.worker, registry, largest_queue=3)
    await registry.ids([transfer(1)])
    waiting = asyncio.create_task(lane.post([transfer(1), transfer(2)]))
    await asyncio.sleep(0)  # now they are queued
    with pytest.raises(LedgerBusy):
        await lane.post([transfer(3), transfer(4)])
    await drained(lane)
    assert len(await waiting) == 2


async def test_a_call_without_time_left_is_not_begun(lane: PostingLane, database: ServiceDatabase) -> None:
    async def late() -> None:
        set_deadline(0.0)
        with pytest.raises(LedgerUnavailable):
            await lane.post([transfer(1)])

    await lane.post([transfer(1)])
    await asyncio.create_task(late())
    assert (await audit(database.worker)).transactions_checked == 1


async def test_a_caller_who_leaves_has_posted_all_the_same(database: ServiceDatabase, registry: AccountRegistry) -> None:
    posting = transfer(1)
    await registry.ids([posting])
    lane = PostingLane(database.urls.worker, registry)
    call = asyncio.create_task(lane.post([posting]))
    await asyncio.sleep(0)  # now it is queued
    call.cancel()
    await drained(lane)
    assert (await audit(database.worker)).transactions_checked == 1


async def test_killed_connections_lose_and_double_nothing(lane: PostingLane, database: ServiceDatabase) -> None:
    """The backend dies again and again while callers post: each posting is there once, whatever the lane could see of it."""
    ended = asyncio.Event()

    async def kill() -> None:
        async with await psycopg.AsyncConnection.connect(database.urls.admin, autocommit=True) as admin:
            for _ in range(15):
                await admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'bursar-ledger-lane'")
                await asyncio.sleep(0.03)
        ended.set()

    async def call() -> list[int]:
        ids = []
        while not ended.is_set():
            (result,) = await lane.post([transfer(1)])
            assert isinstance(result, Posted)
            ids.append(result.transaction_id)
        return ids

    killing = asyncio.create_task(kill())
    answers = await asyncio.gather(*(call() for _ in range(20)))
    await killing
    ids = sorted(each for ids in answers for each in ids)
    assert ids == list(range(1, len(ids) + 1))
    found = await audit(database.worker)
    assert found.findings == []
    assert found.transactions_checked == len(ids)
