"""The ledger: posting against COPY of the same rows, group commit against a transaction per call, the past, the audit, the size."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import uvloop

from benchmarks.figure import Figure, at_least, at_most
from benchmarks.ledger_books import Books, books
from benchmarks.ledger_calls import CALLERS, Rate, a_transaction_each, channel, measure, through_grpc, through_the_lane
from services.ledger.domain.chart import AccountKind, account
from services.ledger.domain.posting import Leg, TransactionKind, posting
from services.ledger.storage.audit import audit
from services.ledger.storage.lane import PostingLane
from services.ledger.storage.post import post
from services.ledger.storage.prepared import prepare
from services.ledger.storage.reads import StoredReads
from services.ledger.storage.seals import seal

_ROUNDS = 7
_FILL = 40
"""Batches of a thousand before anything is measured: empty indexes flatter."""
_AUDITED_ENTRIES = 1_000_000
_BYTES_TARGET = 600
_AUDIT_TARGET = 1_000_000.0
_AS_OF_TARGET_MS = 1.0


async def _fill(on: Books) -> None:
    for _ in range(_FILL):
        await on.seconds_to_post(await on.prepared(1_000))
        await on.seconds_to_copy(1_000)


async def _posting(on: Books, size: int, target: float) -> Figure:
    """As many batches in a round that a round has a thousand postings."""
    posts, copies = [], []
    for _ in range(_ROUNDS):
        for _ in range(max(1, 2_000 // size)):
            posts.append(await on.seconds_to_post(await on.prepared(size)))
            copies.append(await on.seconds_to_copy(size))
    spent, yardstick = statistics.median(posts), statistics.median(copies)
    return at_least(f"post({size}), of COPY", size / spent, "tx/s", ratio=yardstick / spent, target=target)


async def _variants(on: Books) -> list[Figure]:
    """Cold accounts and replays, against fresh postings on the hot account."""
    hots, colds, replays = [], [], []
    for _ in range(_ROUNDS):
        batch = await on.prepared(1_000)
        hots.append(await on.seconds_to_post(batch))
        replays.append(await on.seconds_to_post(batch))
        colds.append(await on.seconds_to_post(await on.prepared(1_000, hot=False)))
    hot, cold, replay = (statistics.median(each) for each in (hots, colds, replays))
    return [
        at_least("post(1000), a hot account, of cold ones", 1_000 / hot, "tx/s", ratio=cold / hot, target=0.9),
        at_least("replay of 1000, of posting them", 1_000 / replay, "tx/s", ratio=hot / replay, target=3.0),
    ]


async def _bytes(on: Books) -> Figure:
    query = "select (pg_total_relation_size('journal') + pg_total_relation_size('entry') + pg_total_relation_size('reversal')) / count(*)"
    row = await (await on.copier.execute(f"{query} from journal".encode())).fetchone()
    assert row is not None
    size = float(str(row[0]))
    return at_most("bytes of a two-legged transaction", size, "B", ratio=size, target=_BYTES_TARGET)


@asynccontextmanager
async def _lane(on: Books) -> AsyncIterator[PostingLane]:
    stop = asyncio.Event()
    lane = PostingLane(on.database.urls.worker, on.registry)
    running = asyncio.create_task(lane.run(stop))
    yield lane
    stop.set()
    await running


def _median(rates: list[Rate]) -> Rate:
    return sorted(rates, key=lambda rate: rate.per_second)[len(rates) // 2]


async def _calls(on: Books) -> list[Figure]:
    async with _lane(on) as lane, channel(on, lane) as (opened, metadata):
        grouped, single, unary, batched = [], [], [], []
        for number in range(5):
            ready, few = on.postings(80_000), on.postings(8_000)
            await on.registry.ids(ready)
            grouped.append(await measure(through_the_lane(lane, ready)))
            single.append(await measure(a_transaction_each(on, few)))
            unary.append(await measure(through_grpc(opened, metadata, per_call=1, prefix=f"u{number}")))
            calls = through_grpc(opened, metadata, per_call=100, prefix=f"b{number}")
            batched.append(await measure(calls, callers=16, per_call=100))
    group, unary_rate, batch = (_median(rates) for rates in (grouped, unary, batched))
    ratio = statistics.median(one.per_second / other.per_second for one, other in zip(grouped, single, strict=True))
    return [
        at_least(f"{CALLERS} callers grouped, of a commit per call", group.per_second, "tx/s", ratio=ratio, target=15.0),
        at_most(f"{CALLERS} callers grouped, p99 of p50", group.p99_ms, "ms", ratio=group.p99_ms / group.p50_ms, target=4.0),
        at_least("Post by gRPC, of in process", unary_rate.per_second, "tx/s", ratio=unary_rate.per_second / group.per_second, target=0.25),
        at_least("PostBatch(100) by gRPC, of in process", batch.per_second, "tx/s", ratio=batch.per_second / group.per_second, target=0.7),
    ]


async def _past(on: Books) -> list[Figure]:
    """On an account of a million entries."""
    hot_euro = account(AccountKind.CLEARING, "eur", qualifier="stripe")
    legs = [Leg(hot_euro, 7), Leg(hot_euro, -7)] * 50
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for batch in range(_AUDITED_ENTRIES // 10_000):
        kind, at = TransactionKind.BALANCE, start + timedelta(hours=batch * 4)
        made = [posting(f"fill:{batch}:{n}", kind, legs, organization_id=None, effective_at=at) for n in range(100)]
        ids = await on.registry.ids(made)
        await post(on.poster, [prepare(each, ids) for each in made])
    while await seal(on.database.worker):
        pass
    await on.copier.execute("analyze")
    by_transaction, by_time, by_key = [], [], []
    async with on.database.worker.transaction() as transaction:
        reads, hot_id = StoredReads(transaction), ids[hot_euro.code]
        newest = await reads.as_of_transaction(hot_id, 2**62)
        assert newest is not None
        assert newest.sequence == _AUDITED_ENTRIES
        for round_ in range(100):
            started = time.perf_counter()
            await reads.as_of_transaction(hot_id, 40_000 + round_ * 37)
            middle = time.perf_counter()
            await reads.as_of_time(hot_id, start + timedelta(days=round_ % 15))
            end = time.perf_counter()
            await reads.account(hot_id)
            by_key.append((time.perf_counter() - end) * 1000)
            by_transaction.append((middle - started) * 1000)
            by_time.append((end - middle) * 1000)
    one, other, key = (statistics.median(each[20:]) for each in (by_transaction, by_time, by_key))
    print(f"  (by effective time {other:.2f} ms, a row by its key {key:.2f} ms, with the round trip)")
    return [at_most("balance after a transaction, 1 M entries", one, "ms", ratio=one, target=_AS_OF_TARGET_MS)]


async def _audit(on: Books) -> Figure:
    rates = []
    for _ in range(3):
        started = time.perf_counter()
        found = await audit(on.database.worker)
        assert found.sound, found.findings
        rates.append(found.entries_checked / (time.perf_counter() - started))
    rate = statistics.median(rates)
    return at_least("audit of everything", rate, "entries/s", ratio=rate / _AUDIT_TARGET, target=1.0)


async def _figures() -> list[Figure]:
    async with books() as on:
        await on.registry.ids(on.postings(1))
        await _fill(on)
        found = [await _posting(on, 1_000, 0.60), await _posting(on, 100, 0.55), *await _variants(on), await _bytes(on)]
        found += await _calls(on)
        found += await _past(on)
        return [*found, await _audit(on)]


def figures() -> list[Figure]:
    """Measure."""
    return uvloop.run(_figures())


if __name__ == "__main__":
    print(*figures(), sep="\n")
