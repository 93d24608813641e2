"""Time's work on a real database, by any number of workers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from bursar.subscription.v1.subscription_events_pb2 import SubscriptionCycled

from services.chassis.clock import ManualClock
from services.chassis.database import Database
from services.chassis.ids import new_id, new_sandbox_id
from services.chassis.sql import Statement
from services.chassis.sweep import Sweep
from services.subscription.app import STORE_OF, catch_up_all, clockwork_of
from services.subscription.domain.changes import Why, canceled, paused
from services.subscription.domain.cycle import caught_up
from services.subscription.domain.entry import EntryState, EntryType
from services.subscription.domain.errors import PeriodBilled
from services.subscription.domain.periods import Interval, Period, Recurrence
from services.subscription.domain.status import Status
from services.subscription.domain.story import latest
from services.subscription.domain.subscription import ChargingUpdate, Subscription
from services.subscription.tests.builders import NOW, a_subscription, at, discount, entry, price, terms
from services.subscription.tests.reading import all_entries, all_subscriptions, facts_of, in_order, payloads_of
from services.subscription.tests.stages import STAGES
from services.subscription.usecases import catch_up as subject
from tests.support.databases import ServiceDatabase

_BREAK = Statement("update subscription set recurring_interval = %(word)s, time_zone = 'Nowhere' where id = %(id)s")

DAY = timedelta(days=1)


async def store(database: Database, *subscriptions: Subscription) -> None:
    async with database.transaction() as transaction:
        await STORE_OF(transaction).subscriptions.add(subscriptions)


def ending() -> Subscription:
    subscription = canceled(a_subscription(), Why(), at()).after
    assert subscription.due_at == NOW + 28 * DAY
    return subscription


async def test_only_what_is_due_is_done(database: ServiceDatabase) -> None:
    due, trial, not_due, running = (
        ending(),
        a_subscription(trial_days=14),
        a_subscription(trial_days=60),
        a_subscription(started_at=NOW + DAY),
    )
    await store(database.worker, due, trial, not_due, running)
    await catch_up_all(database.worker, ManualClock(NOW + 28 * DAY))
    found = await all_subscriptions(database.worker)
    assert (found[due.id].status, found[due.id].ended_at, found[due.id].due_at) == (Status.CANCELED, NOW + 28 * DAY, None)
    assert (found[trial.id].status, found[trial.id].period.start) == (Status.ACTIVE, NOW + 14 * DAY)
    assert (found[not_due.id], found[running.id]) == (not_due, running)
    assert await facts_of(database.worker) == {
        due.id: in_order("updated", "revoked", first=6),
        trial.id: in_order("trial_end_announced", "updated", "active", "cycled", first=3),
    }


async def test_what_time_makes_of_each_is_what_is_stored_of_it(database: ServiceDatabase) -> None:
    reduced = a_subscription(trial_days=14, discount=discount("repeating", 2))
    overtaken = replace(paused(a_subscription(), NOW + 30 * DAY, at()).after, period=Period(NOW, NOW + 40 * DAY), anchor=NOW + 40 * DAY)
    yearly = a_subscription(terms=terms(recurrence=Recurrence(Interval.YEAR, 1, "UTC")))
    stages = [each for name, each in STAGES.items() if name != "paused"]  # which is another's later life
    before = [*stages, reduced, replace(overtaken, period_number=-1), yearly]
    await store(database.worker, *before)
    for days in (15, 45, 100, 400):
        now = NOW + days * DAY
        await catch_up_all(database.worker, ManualClock(now))
        found = await all_subscriptions(database.worker)
        for each in before:
            known = found[each.id]
            assert replace(known, modified_at=now) == replace(latest(each, caught_up(each, at(now))), modified_at=now)


async def test_workers_side_by_side_do_everything_once(database: ServiceDatabase) -> None:
    due = [ending() for _ in range(60)]
    await store(database.worker, *due)

    workers = (catch_up_all(database.worker, ManualClock(NOW + 28 * DAY), batch=7) for _ in range(4))
    assert sum(await asyncio.gather(*workers)) == 60
    assert await facts_of(database.worker) == {subscription.id: in_order("updated", "revoked", first=6) for subscription in due}


@pytest.mark.parametrize("word", ["fortnight", "month"])
async def test_one_that_cannot_be_read_or_renewed_holds_up_no_other(database: ServiceDatabase, word: str) -> None:
    broken, *others = [a_subscription(terms=terms(1000)) for _ in range(6)]
    await store(database.worker, broken, *others)
    async with database.worker.transaction() as transaction:
        await transaction.execute(_BREAK, id=broken.id, word=word)
    sweep = Sweep("test")
    assert await catch_up_all(database.worker, ManualClock(NOW + 28 * DAY), sweep=sweep) == 5
    assert sweep.aside == [broken.id]
    assert set(await facts_of(database.worker)) == {each.id for each in others}


async def test_overlapping_workers_bill_each_period_once(database: ServiceDatabase) -> None:
    renewed = [a_subscription(terms=terms(prices=(price(1000), price(500)))) for _ in range(30)]
    await store(database.worker, *renewed)
    await asyncio.gather(*(catch_up_all(database.worker, ManualClock(NOW + 60 * DAY), batch=5) for _ in range(3)))
    await catch_up_all(database.worker, ManualClock(NOW + 60 * DAY))  # nothing is left
    found = await all_subscriptions(database.worker)
    assert {each.period_number for each in found.values()} == {2}
    assert await facts_of(database.worker) == {each.id: in_order("cycled", "cycled", first=4) for each in renewed}
    entries = await all_entries(database.worker)
    assert len(entries) == 30 * 2 * 2
    assert len({(entry.subscription_id, entry.price_id, entry.period.start) for entry in entries}) == len(entries)
    assert {entry.state for entry in entries} == {EntryState.BILLED}
    assert len({entry.order_id for entry in entries}) == 60


async def test_what_waited_for_an_order_is_on_the_next_one_and_on_no_other(database: ServiceDatabase) -> None:
    subscription = a_subscription(metadata={"team": "red"})
    credit = entry(subscription)
    await store(database.worker, subscription)
    async with database.worker.transaction() as transaction:
        await STORE_OF(transaction).entries.save([credit])
    await catch_up_all(database.worker, ManualClock(NOW + 60 * DAY))
    cycled = [SubscriptionCycled.FromString(payload) for payload in await payloads_of(database.worker, "subscription.cycled")]
    assert [[line.amount for line in each.billing.lines] for each in cycled] == [[1900, -500], [1900]]
    assert cycled[0].billing.lines[1].billing_entry_id == str(credit.id)
    assert [dict(each.billing.metadata) for each in cycled] == [{"team": "red"}] * 2
    assert {entry.state for entry in await all_entries(database.worker)} == {EntryState.BILLED}


async def test_a_price_is_billed_once_for_a_period_whoever_tries(database: ServiceDatabase) -> None:
    subscription = a_subscription()
    once = [entry(subscription, 1900, type=EntryType.CYCLE, price_id=subscription.terms.prices[0].id) for _ in range(2)]
    async with database.worker.transaction() as transaction:
        await STORE_OF(transaction).entries.save(once[:1])
    with pytest.raises(PeriodBilled):
        async with database.worker.transaction() as transaction:
            await STORE_OF(transaction).entries.save(once[1:])
    async with database.worker.transaction() as transaction:
        await STORE_OF(transaction).entries.save([replace(once[1], charged_first=True)])  # a change begins its period anew


async def test_a_sandbox_is_left_to_its_own_clock(database: ServiceDatabase) -> None:
    sandbox = new_sandbox_id(NOW)
    theirs, live = a_subscription(organization_id=sandbox), a_subscription()
    await store(database.worker, theirs, live)
    await catch_up_all(database.worker, ManualClock(NOW + 30 * DAY))
    assert set(await facts_of(database.worker)) == {live.id}
    clockwork = clockwork_of(database.worker)
    async with database.worker.transaction() as transaction:
        assert await clockwork.find_due(transaction, sandbox, NOW + 27 * DAY) is None
        assert await clockwork.find_due(transaction, sandbox, NOW + 90 * DAY) == theirs.period.end
        assert await clockwork.unfinished(transaction, sandbox) == []
    assert await clockwork.run_due(sandbox, NOW + 27 * DAY) == 0
    assert await clockwork.run_due(sandbox, theirs.period.end) == 1
    assert await clockwork.run_due(sandbox, theirs.period.end) == 0
    assert (await facts_of(database.worker))[theirs.id] == in_order("cycled", first=4)


async def test_a_change_that_waits_for_its_charge_holds_time_up(database: ServiceDatabase) -> None:
    sandbox = new_sandbox_id(NOW)
    charging = replace(a_subscription(organization_id=sandbox), charging_update=ChargingUpdate(new_id(), NOW, terms()))
    await store(database.worker, charging)
    clockwork = clockwork_of(database.worker)
    assert await clockwork.run_due(sandbox, NOW + 90 * DAY) == 0
    async with database.worker.transaction() as transaction:
        assert await clockwork.unfinished(transaction, sandbox) == ["1 changes that wait for their charge"]


async def test_what_somebody_works_on_is_left_to_them(database: ServiceDatabase) -> None:
    busy, free = ending(), ending()
    await store(database.worker, busy, free)
    async with database.worker.transaction() as transaction:
        await STORE_OF(transaction).subscriptions.lock(busy.organization_id, busy.id)
        await catch_up_all(database.worker, ManualClock(NOW + 28 * DAY))
    assert set(await facts_of(database.worker)) == {free.id}
    await catch_up_all(database.worker, ManualClock(NOW + 28 * DAY))
    assert set(await facts_of(database.worker)) == {free.id, busy.id}


async def test_more_than_a_batch_is_done_in_one_go(database: ServiceDatabase) -> None:
    await store(database.worker, *(ending() for _ in range(subject.BATCH + 20)))
    await catch_up_all(database.worker, ManualClock(NOW + 28 * DAY))
    assert {subscription.status for subscription in (await all_subscriptions(database.worker)).values()} == {Status.CANCELED}
