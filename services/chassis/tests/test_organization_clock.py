"""Live organizations have the machine's time, sandboxes their own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from services.chassis.clock import ManualClock
from services.chassis.database import Transaction
from services.chassis.ids import new_id, new_sandbox_id
from services.chassis.organization_clock import OrganizationClock, move_time
from tests.support.databases import ServiceDatabase

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
START = datetime(2024, 2, 29, 23, 59, 59, 999000, tzinfo=UTC)
DAY = timedelta(days=1)
CLOCK = OrganizationClock(ManualClock(NOW))


class Untouched(Transaction):
    """A transaction in which no statement may be run."""

    def __init__(self) -> None:
        self.facts = []

    @property
    def connection(self) -> Any:  # type: ignore[override]
        raise AssertionError("a statement was run")


async def move(database: ServiceDatabase, sandbox: UUID, now: datetime) -> None:
    async with database.worker.transaction() as transaction:
        await move_time(transaction, sandbox, now)


async def time_of(database: ServiceDatabase, sandbox: UUID) -> datetime:
    async with database.app.transaction(sandbox) as transaction:
        return await CLOCK.now(transaction, sandbox)


async def test_the_time_of_live_organizations_costs_no_statement() -> None:
    live = [new_id() for _ in range(3)]
    assert await CLOCK.now(Untouched(), live[0]) == NOW
    assert (await CLOCK.now_of(Untouched(), live))(live[2]) == NOW


async def test_a_sandbox_that_was_never_advanced_is_as_late_as_its_id_says(database: ServiceDatabase) -> None:
    assert await time_of(database, new_sandbox_id(START)) == START


async def test_a_sandbox_has_the_time_that_was_taken_over_and_never_goes_back(database: ServiceDatabase) -> None:
    sandbox = new_sandbox_id(START)
    for target, seen in ((START + DAY, START + DAY), (START, START + DAY), (START + DAY, START + DAY), (START + 3 * DAY, START + 3 * DAY)):
        await move(database, sandbox, target)
        assert await time_of(database, sandbox) == seen


async def test_a_batch_asks_once_for_all_its_sandboxes(database: ServiceDatabase) -> None:
    live, moved, still = new_id(), new_sandbox_id(START), new_sandbox_id(START)
    await move(database, moved, NOW + 400 * DAY)
    async with database.worker.transaction() as transaction:
        now_of = await CLOCK.now_of(transaction, [live, moved, still, moved])
    assert [now_of(each) for each in (live, moved, still)] == [NOW, NOW + 400 * DAY, START]
    with pytest.raises(KeyError):
        now_of(new_sandbox_id(START))


async def test_the_application_role_sees_its_own_clock_and_moves_none(database: ServiceDatabase) -> None:
    mine, other = new_sandbox_id(START), new_sandbox_id(START)
    await move(database, other, START + DAY)
    async with database.app.transaction(mine) as transaction:
        # Another's copy is out of sight, so it looks as if it had never been advanced.
        assert await CLOCK.now(transaction, other) == START
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with database.app.transaction(mine) as transaction:
            await move_time(transaction, mine, START + DAY)
