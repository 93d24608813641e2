"""Every fact takes effect once, and one that cannot holds up no other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

import psycopg
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from services.chassis import inbox
from services.chassis.broker import MESSAGE_ID, Broker, Outgoing
from services.chassis.consumer import Consumer, Patience, Reaction
from services.chassis.database import Transaction
from services.chassis.errors import Unavailable
from services.chassis.event import Event
from services.chassis.ids import new_id
from services.chassis.relay import Relay
from services.chassis.replay import replay
from services.chassis.sql import Statement
from services.chassis.subscription import durable, filters
from services.chassis.tests.facts import ADD, ORGANIZATION, added, apply, claimed, commit, counters, waiting
from services.chassis.tests.running import running
from tests.support.databases import ServiceDatabase
from tests.support.eventually import eventually

HURRIED = Patience(attempts=3, early_attempts=4, first_seconds=0.02, longest_seconds=0.1, ack_wait_seconds=0.5)
_EXISTS = Statement("select 1 as one from counter where counter_id = %(counter_id)s")


class Deaf(Broker):
    """Loses every acknowledgement."""

    async def send_all(self, subjects: Iterable[str], payload: bytes) -> None:
        if payload != b"+ACK":
            await super().send_all(subjects, payload)


async def apply_or_raise(transaction: Transaction, events: Sequence[Event[StringValue]]) -> None:
    """Raises whenever a poisonous event is among those given, after half of the work."""
    await apply(transaction, events[: len(events) // 2])
    if any(event.message.value == "poison" for event in events):
        raise RuntimeError("cannot take this")
    await apply(transaction, events[len(events) // 2 :])


def consumer(database: ServiceDatabase, broker: Broker, *reactions: Reaction[StringValue], name: str = "counters") -> Consumer:
    return Consumer(name, reactions or [Reaction(ADD, StringValue, apply)], database.worker, broker, patience=HURRIED)


async def test_two_consumers_side_by_side_take_each_fact_once(database: ServiceDatabase, broker: Broker) -> None:
    subjects = [new_id() for _ in range(5)]
    both = [consumer(database, broker) for _ in range(2)]
    async with running(Relay(database.worker, broker, wakes=(database.app.wake_relay,)), *both):
        for version in range(1, 81):
            await commit(database.app, *(added(subject, version) for subject in subjects))
        await eventually(lambda: _equals(database, dict.fromkeys(subjects, (80, 80))))


async def test_a_fact_whose_acknowledgement_was_lost_takes_effect_once(database: ServiceDatabase, broker: Broker, nats_url: str) -> None:
    subject = new_id()
    deaf = Deaf(nats_url, stream=broker.stream, root=broker.root)
    await deaf.start()
    await commit(database.app, *(added(subject, version) for version in range(1, 11)))
    await Relay(database.worker, broker).drain()
    async with running(consumer(database, deaf)):
        await eventually(lambda: _equals(database, {subject: (10, 10)}))
    async with running(consumer(database, broker)):
        await eventually(lambda: _acknowledged(broker, 10))
    assert await counters(database.worker) == {subject: (10, 10)}
    await deaf.close()


async def test_copies_of_a_fact_take_effect_once(database: ServiceDatabase, forgetful_broker: Broker) -> None:
    subject, broker = new_id(), forgetful_broker
    await commit(database.app, added(subject, 1))
    relay = Relay(database.worker, broker)
    await relay.drain()
    for _ in range(3):
        await asyncio.sleep(0.15)  # longer than the stream remembers ids
        await replay(database.worker)
        await relay.drain()
    assert (await broker.state()).last_seq == 4
    async with running(consumer(database, broker)):
        await eventually(lambda: _acknowledged(broker, 4))
    assert await counters(database.worker) == {subject: (1, 1)}


async def test_a_fact_that_cannot_be_taken_is_parked_and_others_go_on(database: ServiceDatabase, broker: Broker) -> None:
    good, bad = new_id(), added(new_id(), 1, "poison")
    facts = [added(good, version) for version in range(1, 60)]
    await commit(database.app, *facts[:30], bad, *facts[30:])
    await Relay(database.worker, broker).drain()
    async with running(consumer(database, broker, Reaction(ADD, StringValue, apply_or_raise))):
        parked = await eventually(lambda: inbox.parked(database.worker))
        assert await counters(database.worker) == {good: (59, 59)}
    assert [(each.event_id, each.attempts, each.organization_id) for each in parked] == [(bad.event_id, 3, ORGANIZATION)]
    assert parked[0].payload == bad.message.SerializeToString()
    assert "cannot take this" in parked[0].error


async def test_a_parked_fact_is_taken_when_it_is_re_driven(database: ServiceDatabase, broker: Broker) -> None:
    bad = added(new_id(), 1, "poison")
    await commit(database.app, bad)
    await Relay(database.worker, broker).drain()
    async with running(consumer(database, broker, Reaction(ADD, StringValue, apply_or_raise))):
        await eventually(lambda: inbox.parked(database.worker))
    assert await inbox.redrive(database.worker, event_id=bad.event_id) == 1
    async with running(consumer(database, broker, Reaction(ADD, StringValue, apply_or_raise))):
        await eventually(lambda: _attempts(database, 4))
    assert await counters(database.worker) == {}
    assert await inbox.redrive(database.worker) == 1
    async with running(consumer(database, broker)):
        await eventually(lambda: _equals(database, {bad.subject_id: (1, 1)}))
    assert await inbox.parked(database.worker) == []


async def test_a_backlog_is_worked_off_in_two_lanes_and_what_trickles_in_in_one(database: ServiceDatabase, broker: Broker) -> None:
    at_work: list[int] = []
    most, go_on = 0, asyncio.Event()

    async def slowly(transaction: Transaction, events: Sequence[Event[StringValue]]) -> None:
        nonlocal most
        at_work.append(len(events))
        most = max(most, len(at_work))
        await go_on.wait()
        await apply(transaction, events)
        at_work.pop()

    subjects = [new_id() for _ in range(8)]
    slow = Consumer("counters", [Reaction(ADD, StringValue, slowly)], database.worker, broker, patience=HURRIED, batch=3)
    await commit(database.app, *(added(subject, 1) for subject in subjects))
    await Relay(database.worker, broker).drain()
    async with running(Relay(database.worker, broker, wakes=(database.app.wake_relay,)), slow):
        await eventually(lambda: _is([3, 3], at_work))  # and two wait
        go_on.set()
        await eventually(lambda: _equals(database, dict.fromkeys(subjects, (1, 1))))
        go_on.clear()
        most = 0
        for version in (2, 3):
            await commit(database.app, added(subjects[0], version))
            await eventually(lambda: _is([1], at_work))
        await eventually(lambda: _delivered(broker, 10))
        assert (at_work, most) == ([1], 1)
        go_on.set()
        await eventually(lambda: _equals(database, {**dict.fromkeys(subjects, (1, 1)), subjects[0]: (3, 3)}))


async def test_what_is_no_fact_is_parked_at_once(database: ServiceDatabase, broker: Broker) -> None:
    subject = f"{broker.root}.{ADD}.3"
    await broker.publish([Outgoing(subject, b"\xff\xff", {MESSAGE_ID: str(new_id())}), Outgoing(subject, b"", {"a": "b"})])
    async with running(consumer(database, broker)):
        await eventually(lambda: _parked(database, 2))
        await eventually(lambda: _acknowledged(broker, 2))


async def test_a_type_that_only_a_newer_replica_knows_waits_for_it(database: ServiceDatabase, broker: Broker) -> None:
    old, subject = consumer(database, broker), new_id()
    async with running(old):
        await eventually(lambda: _filters(broker, [ADD]))
        await broker.declare_consumer(durable("counters", filters(broker.root, [ADD, "counter.new"]), ack_wait_seconds=0.5))
        await commit(database.app, added(subject, 1, type="counter.new"))
        await Relay(database.worker, broker).drain()
        await eventually(lambda: _delivered(broker, 1))
    new = consumer(database, broker, Reaction(ADD, StringValue, apply), Reaction("counter.new", StringValue, apply))
    async with running(new):
        await eventually(lambda: _equals(database, {subject: (1, 1)}))


async def test_two_versions_of_a_service_hear_what_either_reacts_to(database: ServiceDatabase, broker: Broker) -> None:
    old, new = consumer(database, broker), consumer(database, broker, Reaction("counter.new", StringValue, apply))
    async with running(old, new):
        await eventually(lambda: _filters(broker, [ADD, "counter.new"]))


async def test_a_fact_that_comes_too_early_is_taken_later(database: ServiceDatabase, broker: Broker) -> None:
    subject = new_id()
    seen: list[int] = []

    async def second_needs_first(transaction: Transaction, events: Sequence[Event[StringValue]]) -> list[Event[StringValue]]:
        early = []
        for event in events:
            seen.append(event.version)
            if event.version > 1 and await transaction.one(_EXISTS, counter_id=event.subject_id) is None:
                early.append(event)
            else:
                await apply(transaction, [event])
        return early

    relay = Relay(database.worker, broker, wakes=(database.app.wake_relay,))
    async with running(relay, consumer(database, broker, Reaction(ADD, StringValue, second_needs_first))):
        await commit(database.app, added(subject, 2))
        await eventually(lambda: seen.count(2) >= 2)
        await commit(database.app, added(subject, 1))
        await eventually(lambda: _equals(database, {subject: (2, 2)}))


async def test_a_fact_that_is_too_early_for_ever_is_parked(database: ServiceDatabase, broker: Broker) -> None:
    async def never(transaction: Transaction, events: Sequence[Event[StringValue]]) -> Sequence[Event[StringValue]]:
        return events

    await commit(database.app, added(new_id(), 1))
    await Relay(database.worker, broker).drain()
    async with running(consumer(database, broker, Reaction(ADD, StringValue, never))):
        await eventually(lambda: _parked(database, 1))
    assert [each.attempts for each in await inbox.parked(database.worker)] == [4]


@pytest.mark.parametrize("interruption", [Unavailable("DATABASE_UNAVAILABLE", "away"), psycopg.OperationalError("cut")])
async def test_interruptions_count_as_nobodys_attempts(database: ServiceDatabase, broker: Broker, interruption: Exception) -> None:
    subject, interruptions = new_id(), 0

    async def interrupted(transaction: Transaction, events: Sequence[Event[StringValue]]) -> None:
        nonlocal interruptions
        await apply(transaction, events)
        if interruptions < HURRIED.attempts + 1:
            interruptions += 1
            raise interruption

    await commit(database.app, added(subject, 1))
    await Relay(database.worker, broker).drain()
    async with running(consumer(database, broker, Reaction(ADD, StringValue, interrupted))):
        await eventually(lambda: _equals(database, {subject: (1, 1)}), 10)
    assert await inbox.parked(database.worker) == []


async def test_a_reaction_gets_all_events_of_its_type_in_the_order_of_the_reactions(database: ServiceDatabase, broker: Broker) -> None:
    calls: list[tuple[str, list[int]]] = []

    def noting(name: str) -> Reaction[StringValue]:
        async def note(transaction: Transaction, events: Sequence[Event[StringValue]]) -> None:
            calls.append((name, [event.version for event in events]))

        return Reaction(name, StringValue, note)

    subject = new_id()
    await commit(database.app, *(added(subject, version, type=("b.done", "a.done")[version % 2]) for version in range(1, 7)))
    await Relay(database.worker, broker).drain()
    async with running(consumer(database, broker, noting("a.done"), noting("b.done"))):
        await eventually(lambda: len(calls) == 2)
    assert calls == [("a.done", [1, 3, 5]), ("b.done", [2, 4, 6])]


async def test_what_a_reaction_publishes_is_committed_with_its_effect(database: ServiceDatabase, broker: Broker) -> None:
    subject = new_id()

    async def pass_on(transaction: Transaction, events: Sequence[Event[StringValue]]) -> None:
        transaction.publish(*(replace(added(each.subject_id, each.version), type="counter.passed") for each in events))

    wakes = (database.app.wake_relay, database.worker.wake_relay)
    first = consumer(database, broker, Reaction(ADD, StringValue, pass_on), name="first")
    second = consumer(database, broker, Reaction("counter.passed", StringValue, apply), name="second")
    async with running(Relay(database.worker, broker, wakes=wakes), first, second):
        await commit(database.app, *(added(subject, version) for version in range(1, 21)))
        await eventually(lambda: _equals(database, {subject: (20, 20)}))
    assert await waiting(database.worker) == 0
    assert await claimed(database.worker) == 40


async def test_a_consumer_that_is_deleted_is_declared_again(database: ServiceDatabase, broker: Broker) -> None:
    subject = new_id()
    async with running(Relay(database.worker, broker, wakes=(database.app.wake_relay,)), consumer(database, broker)):
        await commit(database.app, added(subject, 1))
        await eventually(lambda: _equals(database, {subject: (1, 1)}))
        await (await broker.client()).jetstream().delete_consumer(broker.stream, "counters")
        await commit(database.app, added(subject, 2))
        await eventually(lambda: _equals(database, {subject: (2, 2)}))


async def _equals(database: ServiceDatabase, expected: object) -> bool:
    assert await counters(database.worker) == expected
    return True


async def _is(expected: object, found: object) -> bool:
    return found == expected


async def _acknowledged(broker: Broker, sequence: int) -> bool:
    info = await broker.consumer("counters")
    return info is not None and info.ack_floor is not None and info.ack_floor.stream_seq == sequence


async def _delivered(broker: Broker, sequence: int) -> bool:
    info = await broker.consumer("counters")
    return info is not None and info.delivered is not None and info.delivered.stream_seq >= sequence


async def _filters(broker: Broker, types: list[str]) -> bool:
    info = await broker.consumer("counters")
    return info is not None and sorted(info.config.filter_subjects or []) == filters(broker.root, types)


async def _parked(database: ServiceDatabase, count: int) -> bool:
    return len(await inbox.parked(database.worker)) == count


async def _attempts(database: ServiceDatabase, attempts: int) -> bool:
    return [each.attempts for each in await inbox.parked(database.worker)] == [attempts]
