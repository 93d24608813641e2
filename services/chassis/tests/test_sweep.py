"""One row that cannot be done stops no other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import pytest

from services.chassis.database import Transaction
from services.chassis.errors import Unavailable
from services.chassis.ids import new_id
from services.chassis.sql import Statement
from services.chassis.sweep import Sweep
from services.chassis.tests.facts import ORGANIZATION, counters
from tests.support.databases import ServiceDatabase

_DUE = Statement(
    "select counter_id as id from counter where applied = 0 and counter_id <> all(%(but)s::uuid[]) "
    "order by version limit %(most)s for update"
)
_DONE = Statement("update counter set applied = applied + 1 where counter_id = any(%(ids)s)")
_ADD = Statement("insert into counter select %(organization_id)s, unnest(%(ids)s::uuid[]), generate_series(1, %(count)s), 0")


@dataclass(frozen=True)
class Row:
    id: UUID


class Work:
    """Counts each row once, but for those that it cannot."""

    def __init__(self, database: ServiceDatabase, *bad: UUID) -> None:
        self.database = database
        self.bad = set(bad)
        self.batches: list[int] = []

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Transaction]:
        async with self.database.worker.transaction() as transaction:
            yield transaction

    async def find(self, transaction: Transaction, most: int, but: Sequence[UUID]) -> list[Row]:
        return [Row(row["id"]) for row in await transaction.all(_DUE, most=most, but=list(but))]

    async def do(self, transaction: Transaction, due: Sequence[Row]) -> None:
        self.batches.append(len(due))
        await transaction.execute(_DONE, ids=[row.id for row in due])
        for row in due:
            if row.id in self.bad:
                raise ArithmeticError("cannot be done")

    async def swept(self, sweep: Sweep, batch: int = 8) -> int:
        return await sweep.run(self.opened, self.find, self.do, batch=batch)


async def rows(database: ServiceDatabase, count: int) -> list[UUID]:
    ids = [new_id() for _ in range(count)]
    async with database.worker.transaction() as transaction:
        await transaction.execute(_ADD, organization_id=ORGANIZATION, ids=ids, count=count)
    return ids


async def done(database: ServiceDatabase) -> set[UUID]:
    return {row_id for row_id, (_, applied) in (await counters(database.worker)).items() if applied == 1}


async def test_without_a_bad_row_batches_are_whole(database: ServiceDatabase) -> None:
    ids, work = await rows(database, 20), Work(database)
    assert await work.swept(Sweep("test")) == 20
    assert (await done(database), work.batches) == (set(ids), [8, 8, 4])


@pytest.mark.parametrize("places", [[0], [7], [19], [0, 1, 2], [5, 11, 12]])
async def test_all_but_the_bad_rows_are_done(database: ServiceDatabase, places: list[int]) -> None:
    ids, time = await rows(database, 20), [0.0]
    bad = {ids[place] for place in places}
    work, sweep = Work(database, *bad), Sweep("test", aside_seconds=60, now=lambda: time[0])
    assert await work.swept(sweep) == 20 - len(bad)
    assert (await done(database), set(sweep.aside)) == (set(ids) - bad, bad)
    work.bad.clear()
    assert await work.swept(sweep) == 0, "it is not their time yet"
    time[0] = 60.0
    assert await work.swept(sweep) == len(bad)
    assert (await done(database), sweep.aside) == (set(ids), [])


async def test_an_interruption_is_nobodys_fault(database: ServiceDatabase) -> None:
    await rows(database, 3)
    work, sweep = Work(database), Sweep("test")

    async def interrupted(transaction: Transaction, due: Sequence[Row]) -> None:
        raise Unavailable("DATABASE_UNAVAILABLE", "the database does not answer")

    with pytest.raises(Unavailable):
        await sweep.run(work.opened, work.find, interrupted, batch=8)
    assert (await done(database), sweep.aside) == (set(), [])
