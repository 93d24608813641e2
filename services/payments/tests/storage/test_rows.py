"""Rows: what is written is read, walls hold, and work is taken once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from services.chassis.ids import new_id
from services.chassis.sql import Statement
from services.payments.domain import attempt as a
from services.payments.domain.attempt import Attempt, Failure, Kind, NextAction, Settlement
from services.payments.domain.customer import Customer
from services.payments.storage.attempts import AttemptRows
from services.payments.storage.customers import CustomerRows
from services.payments.storage.stripe_events import StripeEventRows
from services.payments.tests.builders import NOW, payment, setup
from services.payments.usecases.ports import Backlog
from services.payments.usecases.processor import StoredEvent
from tests.support.databases import ServiceDatabase

ATTEMPTS, CUSTOMERS, EVENTS = AttemptRows(), CustomerRows(), StripeEventRows()
FULL: dict[str, Any] = {
    "status": a.SUCCEEDED,
    "checkout_id": new_id(),
    "return_url": "https://shop.example/",
    "method": "card",
    "payment_method_id": new_id(),
    "processor_id": "pi_1",
    "failure": Failure("card_declined", None, "no", False),
    "next_action": NextAction(None, "secret"),
    "settlement": Settlement("usd", 1000, 59, 941, NOW, NOW + timedelta(days=2)),
    "succeeded_at": NOW,
    "closed": True,
    "reads": 3,
    "version": 2,
}


async def stored(database: ServiceDatabase, attempt: Attempt) -> Attempt:
    async with database.app.transaction(attempt.organization_id) as transaction:
        assert await ATTEMPTS.add(transaction, attempt)
    return attempt


@pytest.mark.parametrize("attempt", [payment(), payment(**FULL), setup()], ids=["payment", "all fields", "setup"])
async def test_an_attempt_is_read_as_it_was_written(database: ServiceDatabase, attempt: Attempt) -> None:
    await stored(database, attempt)
    async with database.app.transaction(attempt.organization_id) as transaction:
        found = await ATTEMPTS.find(transaction, attempt.organization_id, attempt.kind, attempt.subject_id, attempt.number)
        assert found == attempt == await ATTEMPTS.get(transaction, attempt.organization_id, attempt.kind, attempt.id)


async def test_every_change_is_saved(database: ServiceDatabase) -> None:
    before = await stored(database, payment())
    after = replace(before, **{name: value for name, value in FULL.items() if name not in ("checkout_id", "return_url")})
    async with database.worker.transaction() as transaction:
        await ATTEMPTS.save(transaction, [after])
        assert await ATTEMPTS.lock(transaction, [before.id]) == [after]
        assert await ATTEMPTS.by_processor_id(transaction, ["pi_1", "pi_2"]) == {"pi_1": before.id}


async def test_an_organization_sees_and_writes_its_own_rows_only(database: ServiceDatabase) -> None:
    attempt = await stored(database, payment())
    async with database.app.transaction(new_id()) as transaction:
        assert await ATTEMPTS.lock(transaction, [attempt.id]) == []
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with database.app.transaction(new_id()) as transaction:
            await ATTEMPTS.add(transaction, payment())
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with database.app.transaction(new_id()) as transaction:
            await EVENTS.claim(transaction, NOW, 1)


async def test_a_subject_and_number_is_taken_once(database: ServiceDatabase) -> None:
    attempt = await stored(database, payment())
    async with database.app.transaction(attempt.organization_id) as transaction:
        assert not await ATTEMPTS.add(transaction, replace(attempt, id=new_id()))
        assert await ATTEMPTS.add(transaction, replace(attempt, id=new_id(), number=2))
        as_setup = replace(attempt, id=new_id(), kind=Kind.SETUP, trigger=None, amount=None, currency=None)
        assert await ATTEMPTS.add(transaction, as_setup)


async def test_what_is_due_is_taken_by_one_replica(database: ServiceDatabase) -> None:
    due = [await stored(database, payment(due_at=NOW)) for _ in range(6)]
    await stored(database, payment(due_at=NOW + timedelta(seconds=1)))
    await stored(database, payment(due_at=None))

    async def claim() -> list[Attempt]:
        async with database.worker.transaction() as transaction:
            return await ATTEMPTS.claim_due(transaction, NOW, NOW + timedelta(seconds=30), 4)

    claimed = [attempt for batch in await asyncio.gather(claim(), claim(), claim()) for attempt in batch]
    assert sorted(attempt.id for attempt in claimed) == sorted(attempt.id for attempt in due)
    assert {(attempt.reads, attempt.due_at) for attempt in claimed} == {(1, NOW + timedelta(seconds=30))}


async def test_a_customers_first_content_stays_until_the_processor_refuses_it(database: ServiceDatabase) -> None:
    first = Customer(new_id(), new_id(), "first@example.com", "First")
    second = replace(first, email="second@example.com")
    async with database.app.transaction(first.organization_id) as transaction:
        key = first.customer_id
        assert await CUSTOMERS.ensure(transaction, [first], NOW) == {key: first}
        assert await CUSTOMERS.ensure(transaction, [second], NOW) == {key: first}
        await CUSTOMERS.forget(transaction, first)
        assert await CUSTOMERS.ensure(transaction, [second, first], NOW) == {key: second}
        await CUSTOMERS.made(transaction, second, "cus_1")
        await CUSTOMERS.forget(transaction, second)
        assert (await CUSTOMERS.ensure(transaction, [first], NOW))[key].processor_id == "cus_1"


def event(name: str, payload: bytes = b'{"nul":"\\u0000"}') -> StoredEvent:
    return StoredEvent(name, "x.y", NOW, payload)


async def test_an_event_is_stored_once_byte_for_byte_and_taken_by_one_replica(database: ServiceDatabase) -> None:
    async with database.worker.transaction() as transaction:
        assert await EVENTS.add(transaction, [event("evt_1"), event("evt_2", b"\x00\xff")], "webhook", NOW) == 2
        assert await EVENTS.add(transaction, [event("evt_1", b"other"), event("evt_3")], "list", NOW) == 1
    async with database.worker.transaction() as one, database.worker.transaction() as two:
        first = await EVENTS.claim(one, NOW, 2)
        second = await EVENTS.claim(two, NOW, 9)
        payloads = {each.id: each.payload for each in [*first, *second]}
        assert payloads == {"evt_1": b'{"nul":"\\u0000"}', "evt_2": b"\x00\xff", "evt_3": b'{"nul":"\\u0000"}'}
        assert len(first) + len(second) == 3
        await EVENTS.mark(one, {each.id: "processed" for each in first})
        await EVENTS.failed(two, second[0].id, "KeyError: status", None)
    async with database.worker.transaction() as transaction:
        assert await EVENTS.claim(transaction, NOW, 9) == []
        assert await EVENTS.counts(transaction) == {"waiting": 0, "parked": 1}
        assert await EVENTS.prune(transaction, NOW, 9) == 0
        assert await EVENTS.prune(transaction, NOW + timedelta(days=36500), 9) == 2
        assert await EVENTS.counts(transaction) == {"waiting": 0, "parked": 1}


async def test_the_cursor_is_held_by_one_and_never_moves_back(database: ServiceDatabase) -> None:
    later = NOW + timedelta(days=3650)
    async with database.worker.transaction() as transaction:
        start = await EVENTS.claim_cursor(transaction, later, later + timedelta(minutes=5))
        assert start is not None
        assert await EVENTS.claim_cursor(transaction, later, later) is None
        await EVENTS.move_cursor(transaction, start - timedelta(days=1), later)
        assert await EVENTS.claim_cursor(transaction, later, later) == start


async def test_how_old_the_oldest_unknown_is(database: ServiceDatabase) -> None:
    await stored(database, payment(status=a.SUCCEEDED))
    oldest = await stored(database, payment(status=a.UNKNOWN, asked_at=NOW - timedelta(minutes=20)))
    await stored(database, payment())
    await stored(database, payment(asked_at=None, due_at=None))
    async with database.worker.transaction() as transaction:
        assert await ATTEMPTS.oldest_unknown(transaction) == Backlog(queued=1, asked=2, oldest=oldest.asked_at)
        rows = await transaction.all(Statement("select id from attempt where status = 'unknown'"))
    assert [UUID(str(row["id"])) for row in rows] == [oldest.id]
