"""ClockService over a connection, with a suite in memory and everything else real."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from bursar.identity.v1 import clock_pb2 as pb
from bursar.identity.v1.clock_service_pb2 import AdvanceClockRequest
from bursar.identity.v1.identity_events_pb2 import ClockAdvanced
from bursar.identity.v1.organization_pb2 import Organization
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from services.chassis.clock import ManualClock
from services.chassis.ids import is_sandbox, new_id, sandbox_start
from services.chassis.tests.running import running
from services.identity.conductor import Conductor
from services.identity.storage.leased_advances import LeaseLost
from services.identity.tests.builders import NOW
from services.identity.tests.client import IdentityClient
from services.identity.tests.conftest import Claiming
from services.identity.tests.suite import FakeSuite
from tests.support.client import OPERATOR, member
from tests.support.databases import ServiceDatabase
from tests.support.eventually import eventually

DAY = timedelta(days=1)
START = datetime(2024, 2, 29, 12, tzinfo=UTC)


def at(instant: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(instant)
    return timestamp


def later(by: timedelta) -> Duration:
    duration = Duration()
    duration.FromTimedelta(by)
    return duration


async def started(client: IdentityClient, **fields: Any) -> Organization:
    return await client.sandbox(clock_start=at(START), **fields)


async def test_a_sandbox_has_a_clock_that_stands_where_it_was_started(client: IdentityClient) -> None:
    sandbox = await started(client)
    clock = await client.call("GetClock", member(sandbox.id))
    assert (clock.organization_id, clock.status, clock.now) == (sandbox.id, pb.CLOCK_STATUS_READY, at(START))
    assert not clock.HasField("clock_advance_id")
    assert sandbox.created_at == at(START)


async def test_the_id_of_an_organization_tells_whether_it_is_a_sandbox(client: IdentityClient) -> None:
    live, sandbox = await client.organization(), await client.sandbox()
    assert not is_sandbox(UUID(live.id))
    assert is_sandbox(UUID(sandbox.id))
    assert sandbox_start(UUID(sandbox.id)) == NOW


@pytest.mark.parametrize("start", [datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC), NOW + DAY + timedelta(seconds=1)])
async def test_a_clock_starts_within_limits(client: IdentityClient, start: datetime) -> None:
    fields = {"name": "Acme", "slug": "acme", "country": "DE", "mode": 2, "clock_start": at(start)}
    assert await client.refusal("CreateOrganization", OPERATOR, **fields) == ("INVALID_ARGUMENT", "CLOCK_START_INVALID", "clock_start")


async def test_a_live_organization_has_no_clock(client: IdentityClient) -> None:
    fields = {"name": "Acme", "slug": "acme-live", "country": "DE", "clock_start": at(START)}
    refused = ("FAILED_PRECONDITION", "ORGANIZATION_NOT_SANDBOX", "")
    assert await client.refusal("CreateOrganization", OPERATOR, **fields) == refused
    caller = member((await client.organization()).id)
    assert await client.refusal("GetClock", caller) == refused
    assert await client.refusal("AdvanceClock", caller, to=at(NOW)) == refused
    assert await client.refusal("GetClockAdvance", caller, id=str(new_id())) == refused
    assert await client.refusal("ListClockHappenings", caller, clock_advance_id=str(new_id())) == refused


async def test_an_advance_is_answered_when_it_is_finished(
    client: IdentityClient, conductor: Conductor, suite: FakeSuite, database: ServiceDatabase
) -> None:
    sandbox = await started(client)
    caller = member(sandbox.id)
    suite.members["checkout"].due = [(START + 2 * DAY, "order.paid"), (START + 2 * DAY, "order.created")]
    suite.members["ledger"].due = [(START + 3 * DAY, "payout.requested")]
    for service in suite.members.values():
        service.now = START
    async with running(conductor):
        advance = await client.call("AdvanceClock", caller, by=later(10 * DAY))
    assert (advance.status, advance.now, advance.steps) == (pb.CLOCK_ADVANCE_STATUS_FINISHED, at(START + 10 * DAY), 2)
    assert [(each.type, each.count) for each in advance.counts] == [("order.created", 1), ("order.paid", 1), ("payout.requested", 1)]
    assert [(each.type, each.service, each.occurred_at) for each in advance.happenings] == [
        ("order.created", "checkout", at(START + 2 * DAY)),
        ("order.paid", "checkout", at(START + 2 * DAY)),
        ("payout.requested", "ledger", at(START + 3 * DAY)),
    ]
    assert await client.call("GetClockAdvance", caller, id=advance.id) == advance
    clock = await client.call("GetClock", caller)
    assert (clock.status, clock.now) == (pb.CLOCK_STATUS_READY, advance.now)
    async with database.worker.connection() as connection:
        cursor = await connection.execute("select subject_id, version, payload, occurred_at from outbox where type = 'clock.advanced'")
        rows = await cursor.fetchall()
    assert [(row["version"], row["occurred_at"]) for row in rows] == [(1, START + 10 * DAY)]
    assert ClockAdvanced.FromString(bytes(rows[0]["payload"])).clock_advance_id == advance.id
    assert str(rows[0]["subject_id"]) != sandbox.id


async def test_what_happened_comes_in_pages(client: IdentityClient, conductor: Conductor, suite: FakeSuite) -> None:
    sandbox = await started(client)
    suite.members["checkout"].now = START
    suite.members["checkout"].due = [(START + DAY, f"order.n{number}") for number in range(5)]
    async with running(conductor):
        advance = await client.call("AdvanceClock", member(sandbox.id), by=later(2 * DAY))
    types: list[str] = []
    token = ""
    while True:
        page = await client.call("ListClockHappenings", member(sandbox.id), clock_advance_id=advance.id, page_size=2, page_token=token)
        types += [each.type for each in page.happenings]
        token = page.next_page_token
        if not token:
            break
    assert types == [f"order.n{number}" for number in range(5)]
    other = await client.sandbox("other")
    refused = ("NOT_FOUND", "CLOCK_ADVANCE_NOT_FOUND", "")
    assert await client.refusal("ListClockHappenings", member(other.id), clock_advance_id=advance.id) == refused
    assert await client.refusal("GetClockAdvance", member(other.id), id=advance.id) == refused


async def test_an_advance_to_where_the_clock_stands_does_what_is_due_by_then(
    client: IdentityClient, conductor: Conductor, suite: FakeSuite
) -> None:
    caller = member((await started(client)).id)
    suite.members["checkout"].now = START
    suite.members["checkout"].due = [(START, "order.paid")]
    async with running(conductor):
        advance = await client.call("AdvanceClock", caller, to=at(START))
    assert (advance.status, advance.now, advance.happenings_count) == (pb.CLOCK_ADVANCE_STATUS_FINISHED, at(START), 1)


async def test_a_changed_setting_is_told_by_the_sandboxs_time(client: IdentityClient, conductor: Conductor) -> None:
    sandbox = await started(client)
    async with running(conductor):
        await client.call("AdvanceClock", member(sandbox.id), by=later(DAY))
    changed = await client.call("UpdateOrganization", OPERATOR, id=sandbox.id, update_mask={"paths": ["name"]}, name="New name")
    assert changed.modified_at == at(START + DAY)


@pytest.mark.parametrize(
    ("target", "reason", "field"),
    [
        ({"to": at(START - DAY)}, "CLOCK_BACKWARDS", "to"),
        ({"by": later(timedelta(0))}, "CLOCK_BACKWARDS", "by"),
        ({"by": later(-DAY)}, "CLOCK_BACKWARDS", "by"),
        ({"by": Duration(seconds=-315_576_000_000)}, "CLOCK_BACKWARDS", "by"),
        ({"by": Duration(seconds=315_576_000_000)}, "CLOCK_TOO_FAR", "by"),
        ({"by": Duration(seconds=2**62)}, "FIELD_INVALID", "by"),
        ({"by": Duration(seconds=-(2**62))}, "FIELD_INVALID", "by"),
        ({"by": Duration(seconds=1, nanos=-5)}, "FIELD_INVALID", "by"),
        ({"by": Duration(nanos=2**31 - 1)}, "FIELD_INVALID", "by"),
        ({"to": at(datetime(2034, 3, 1, tzinfo=UTC))}, "CLOCK_TOO_FAR", "to"),
        ({"to": Timestamp(seconds=-62135596800)}, "CLOCK_BACKWARDS", "to"),
        ({"to": Timestamp(seconds=253402300799)}, "CLOCK_TOO_FAR", "to"),
        ({}, "FIELD_INVALID", "target"),
    ],
)
async def test_a_target_that_no_clock_reaches_is_refused(client: IdentityClient, target: dict[str, Any], reason: str, field: str) -> None:
    sandbox = await started(client)
    assert await client.refusal("AdvanceClock", member(sandbox.id), **target) == ("INVALID_ARGUMENT", reason, field)


async def test_one_advance_at_a_time_and_the_same_request_is_the_same_advance(
    client: IdentityClient, conductor: Conductor, suite: FakeSuite
) -> None:
    caller = member((await started(client)).id)
    suite.members["ledger"].unfinished = ("2 payments without an answer",)
    request = AdvanceClockRequest(request_id="one", by=later(DAY))
    async with running(conductor):
        advancing = [asyncio.create_task(client.call("AdvanceClock", caller, request)) for _ in range(3)]
        clock = await eventually(lambda: _advancing(client, caller))
        assert await client.refusal("AdvanceClock", caller, by=later(DAY)) == ("FAILED_PRECONDITION", "CLOCK_ADVANCING", "")
        reused = AdvanceClockRequest(request_id="one", by=later(2 * DAY))
        assert (await client.refusal("AdvanceClock", caller, reused))[1] == "REQUEST_ID_REUSED"
        told = await eventually(lambda: _waiting(client, caller, clock.clock_advance_id))
        assert list(told) == ["ledger: 2 payments without an answer"]
        suite.members["ledger"].unfinished = ()
        answers = await asyncio.gather(*advancing)
    assert {answer.id for answer in answers} == {clock.clock_advance_id}
    assert {answer.status for answer in answers} == {pb.CLOCK_ADVANCE_STATUS_FINISHED}
    assert list(answers[0].waiting_for) == []


async def _advancing(client: IdentityClient, caller: Any) -> Any:
    clock = await client.call("GetClock", caller)
    return clock if clock.status == pb.CLOCK_STATUS_ADVANCING else None


async def _waiting(client: IdentityClient, caller: Any, advance_id: str) -> Any:
    return (await client.call("GetClockAdvance", caller, id=advance_id)).waiting_for


async def test_at_the_callers_deadline_it_answers_the_advance_as_it_stands(client: IdentityClient) -> None:
    caller = member((await started(client)).id)
    client.timeout_seconds = 1.5
    advance = await client.call("AdvanceClock", caller, by=later(DAY))
    assert (advance.status, advance.now) == (pb.CLOCK_ADVANCE_STATUS_RUNNING, at(START))


async def test_a_process_that_ends_keeps_nobody_waiting_and_another_goes_on(
    client: IdentityClient, conductor: Conductor, claiming: Claiming, suite: FakeSuite, clock: ManualClock
) -> None:
    caller = member((await started(client)).id)
    suite.members["ledger"].unfinished = ("something",)
    request = AdvanceClockRequest(request_id="one", by=later(DAY))
    async with running(conductor):
        advancing = asyncio.create_task(client.call("AdvanceClock", caller, request))
        await eventually(lambda: _advancing(client, caller))
    assert (await advancing).status == pb.CLOCK_ADVANCE_STATUS_RUNNING
    suite.members["ledger"].unfinished = ()
    another = Conductor(claiming, suite, clock.now)
    async with running(another):
        finished = await eventually(lambda: _finished(client, caller, request))
    assert finished.now == at(START + DAY)


async def _finished(client: IdentityClient, caller: Any, request: AdvanceClockRequest) -> Any:
    advance = await client.call("AdvanceClock", caller, request)
    return advance if advance.status == pb.CLOCK_ADVANCE_STATUS_FINISHED else None


async def test_who_lost_the_lease_saves_nothing_any_more(
    client: IdentityClient, conductor: Conductor, database: ServiceDatabase, claiming: Claiming
) -> None:
    caller = member((await started(client)).id)
    conductor.stopping.set()  # so that nobody waits for the end of the advance
    await client.call("AdvanceClock", caller, by=later(DAY))
    frozen = await claiming()
    assert frozen is not None
    assert await claiming() is None
    async with database.worker.connection() as connection:
        await connection.execute("update clock_advance set leased_until = now() - interval '1 second'")
    successor = await claiming()
    assert successor is not None
    for save in (frozen.move(frozen.advance), frozen.settle(frozen.advance, {"ledger": 7}, []), frozen.renew(())):
        with pytest.raises(LeaseLost):
            await save
    await frozen.release()
    assert await successor.positions() == {}
    await successor.renew(("something",))
