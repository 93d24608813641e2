"""A service's part in advancing a clock, over a connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from bursar.clockwork.v1 import clockwork_service_pb2 as pb

from services.chassis import inbox
from services.chassis.clockwork import Clockwork, ClockworkServicer
from services.chassis.database import Transaction
from services.chassis.ids import new_id, new_sandbox_id
from services.chassis.organization_clock import move_time
from services.chassis.outbox import Fact, store
from services.chassis.tests.facts import added
from services.chassis.timestamps import to_timestamp
from tests.support.client import OPERATOR, Client, member, serving
from tests.support.databases import ServiceDatabase

START = datetime(2027, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SANDBOX = new_sandbox_id(START)
IDENTITY = f"identity/{SANDBOX}"
SERVICE = pb.DESCRIPTOR.services_by_name["ClockworkService"]


class Due:
    """What the service would have to do, and how it was asked."""

    def __init__(self) -> None:
        self.at: datetime | None = None
        self.at_work: list[str] = []
        self.calls: list[tuple[str, UUID, datetime]] = []

    async def find(self, transaction: Transaction, sandbox: UUID, until: datetime) -> datetime | None:
        self.calls.append(("find", sandbox, until))
        return self.at

    async def run(self, sandbox: UUID, now: datetime) -> int:
        self.calls.append(("run", sandbox, now))
        return 3

    async def unfinished(self, transaction: Transaction, sandbox: UUID) -> Sequence[str]:
        return self.at_work

    async def move(self, sandbox: UUID, before: datetime, now: datetime) -> None:
        self.calls.append((f"move from {before:%m-%d}", sandbox, now))


@pytest.fixture
def due() -> Due:
    return Due()


@pytest_asyncio.fixture
async def client(database: ServiceDatabase, due: Due, tmp_path: Path) -> AsyncIterator[Client]:
    clockwork = Clockwork(find_due=due.find, run_due=due.run, unfinished=due.unfinished, move_outside=due.move)
    servicer = ClockworkServicer("tester", ["counter.added"], clockwork, database.worker)
    async with serving("tester", [(SERVICE, servicer)], tmp_path, ["checkout"], client=Client) as client:
        yield client


def in_sandbox(version: int, *, type: str = "counter.added") -> Fact:
    return replace(added(new_id(), version, type=type), organization_id=SANDBOX, occurred_at=START)


async def commit(database: ServiceDatabase, *facts: Fact) -> None:
    async with database.worker.transaction() as transaction:
        transaction.publish(*facts)


async def listed(client: Client, after: int = 0, size: int = 100) -> pb.ListFactsResponse:
    answer: pb.ListFactsResponse = await client.call("ListFacts", IDENTITY, after_position=after, page_size=size)
    return answer


REQUESTS: dict[str, dict[str, Any]] = {
    "FindDue": {"until": to_timestamp(START)},
    "MoveTime": {"now": to_timestamp(START)},
    "RunDue": {},
    "ListFacts": {"page_size": 1},
    "CheckSettled": {},
}


@pytest.mark.parametrize("method", [method.name for method in SERVICE.methods])
async def test_only_identity_asks_and_only_for_sandboxes(client: Client, method: str) -> None:
    given = REQUESTS[method]
    for caller in (f"checkout/{SANDBOX}", member(SANDBOX), OPERATOR):
        assert (await client.refusal(method, caller, **given))[:2] == ("PERMISSION_DENIED", "METHOD_NOT_ALLOWED")
    assert (await client.refusal(method, None, **given))[0] == "UNAUTHENTICATED"
    assert (await client.refusal(method, f"identity/{new_id()}", **given))[:2] == ("FAILED_PRECONDITION", "ORGANIZATION_NOT_SANDBOX")
    assert (await client.refusal(method, "identity", **given))[:2] == ("PERMISSION_DENIED", "ORGANIZATION_REQUIRED")
    await client.call(method, IDENTITY, **given)


async def test_it_says_when_something_is_due(client: Client, due: Due) -> None:
    until = to_timestamp(START + DAY)
    assert not (await client.call("FindDue", IDENTITY, until=until)).HasField("due_at")
    due.at = START + timedelta(hours=7)
    assert (await client.call("FindDue", IDENTITY, until=until)).due_at == to_timestamp(due.at)
    assert due.calls == [("find", SANDBOX, START + DAY)] * 2


async def test_what_is_due_is_done_by_the_time_that_was_taken_over(client: Client, due: Due) -> None:
    await client.call("MoveTime", IDENTITY, now=to_timestamp(START + 2 * DAY))
    await client.call("MoveTime", IDENTITY, now=to_timestamp(START + 2 * DAY))
    await client.call("MoveTime", IDENTITY, now=to_timestamp(START + DAY))
    assert (await client.call("RunDue", IDENTITY)).done == 3
    assert due.calls == [
        ("move from 01-01", SANDBOX, START + 2 * DAY),
        ("move from 01-03", SANDBOX, START + 2 * DAY),
        ("move from 01-03", SANDBOX, START + DAY),
        ("run", SANDBOX, START + 2 * DAY),
    ]


async def test_the_facts_of_a_sandbox_come_in_order_and_in_pages(client: Client, database: ServiceDatabase) -> None:
    facts = [in_sandbox(version) for version in range(1, 6)]
    await commit(database, *facts[:3], added(new_id(), 1))
    await commit(database, *facts[3:])
    first = await listed(client, size=2)
    rest = await listed(client, after=first.facts[-1].position)
    together = [*first.facts, *rest.facts]
    assert [each.event_id for each in together] == [str(fact.event_id) for fact in facts]
    assert [each.position for each in together] == sorted(each.position for each in together)
    assert {(each.type, each.occurred_at.ToDatetime(tzinfo=UTC)) for each in together} == {("counter.added", START)}
    assert list((await listed(client, after=together[-1].position)).facts) == []


async def test_no_fact_appears_later_between_those_that_were_listed(client: Client, database: ServiceDatabase) -> None:
    """Of two transactions the first draws the lower position and commits last."""
    slow, fast = in_sandbox(1), in_sandbox(2)
    drawn, go_on = asyncio.Event(), asyncio.Event()

    async def commit_slowly() -> None:
        async with database.worker.transaction() as transaction:
            await store(transaction.connection, [slow])
            drawn.set()
            await go_on.wait()

    writing = asyncio.create_task(commit_slowly())
    await drawn.wait()
    await commit(database, fast)
    listing = asyncio.create_task(listed(client))
    finished, _ = await asyncio.wait([listing], timeout=0.2)
    assert not finished, "it waits for the transaction that may hold a lower position"
    go_on.set()
    await writing
    assert [each.event_id for each in (await listing).facts] == [str(slow.event_id), str(fast.event_id)]


async def test_a_fact_is_settled_when_it_was_taken_or_parked_and_others_are_not_waited_for(
    client: Client, database: ServiceDatabase
) -> None:
    mine, other = in_sandbox(1), in_sandbox(1, type="nobody.cares")
    asked = [pb.FactReference(event_id=str(fact.event_id), type=fact.type) for fact in (mine, other)]
    assert (await client.call("CheckSettled", IDENTITY, facts=asked)).untaken == 1
    assert (await client.call("CheckSettled", IDENTITY)).untaken == 0
    async with database.worker.transaction() as transaction:
        await inbox.claim(transaction, "somebody else", [mine.event_id])
    assert (await client.call("CheckSettled", IDENTITY, facts=asked)).untaken == 1
    async with database.worker.transaction() as transaction:
        await inbox.claim(transaction, "tester", [mine.event_id])
    assert (await client.call("CheckSettled", IDENTITY, facts=asked)).untaken == 0


async def test_it_says_what_it_is_at_and_not_more_than_people_read(client: Client, due: Due) -> None:
    due.at_work = [f"payment {number}" for number in range(30)]
    answer = await client.call("CheckSettled", IDENTITY)
    assert list(answer.unfinished) == due.at_work[:20]


async def test_a_service_without_anything_due_takes_part_all_the_same(database: ServiceDatabase, tmp_path: Path) -> None:
    servicer = ClockworkServicer("tester", [], Clockwork(), database.worker)
    async with serving("tester", [(SERVICE, servicer)], tmp_path, client=Client) as client:
        await client.call("MoveTime", IDENTITY, now=to_timestamp(START + DAY))
        assert not (await client.call("FindDue", IDENTITY, until=to_timestamp(START + DAY))).HasField("due_at")
        assert (await client.call("RunDue", IDENTITY)).done == 0
        assert await client.call("CheckSettled", IDENTITY) == pb.CheckSettledResponse()
    async with database.worker.transaction() as transaction:
        await move_time(transaction, SANDBOX, START)
