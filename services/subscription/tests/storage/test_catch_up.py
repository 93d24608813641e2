"""Time's work on a real database, by any number of workers."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from services.chassis.clock import ManualClock
from services.chassis.database import Database
from services.subscription.app import STORE_OF, catch_up_all
from services.subscription.domain.changes import Why, canceled
from services.subscription.domain.status import Status
from services.subscription.domain.subscription import Subscription
from services.subscription.tests.builders import NOW, a_subscription
from services.subscription.tests.reading import all_subscriptions, facts_of, in_order
from services.subscription.usecases import catch_up as subject
from services.subscription.usecases.catch_up import catch_up
from tests.support.databases import ServiceDatabase

DAY = timedelta(days=1)


async def store(database: Database, *subscriptions: Subscription) -> None:
    async with database.transaction() as transaction:
        await STORE_OF(transaction).subscriptions.add(subscriptions)


def ending(at: datetime = NOW + 28 * DAY) -> Subscription:
    subscription = canceled(a_subscription(), Why(), NOW).after
    assert subscription.due_at == at
    return subscription


async def test_only_what_is_due_is_done(database: ServiceDatabase) -> None:
    due, trial, not_due, running = ending(), a_subscription(trial_days=14), a_subscription(trial_days=60), a_subscription()
    await store(database.worker, due, trial, not_due, running)
    await catch_up_all(database.worker, ManualClock(NOW + 28 * DAY))
    found = await all_subscriptions(database.worker)
    assert (found[due.id].status, found[due.id].ended_at, found[due.id].due_at) == (Status.CANCELED, NOW + 28 * DAY, None)
    assert (found[trial.id].status, found[trial.id].period.start) == (Status.ACTIVE, NOW + 14 * DAY)
    assert (found[not_due.id], found[running.id]) == (not_due, running)
    assert await facts_of(database.worker) == {
        due.id: in_order("updated", "revoked", first=6),
        trial.id: in_order("updated", "active", "cycled", first=3),
    }


async def test_a_period_that_passes_leaves_an_active_subscription_alone(database: ServiceDatabase) -> None:
    running = a_subscription()
    await store(database.worker, running)
    await catch_up_all(database.worker, ManualClock(NOW + 400 * DAY))
    assert await all_subscriptions(database.worker) == {running.id: running}


async def test_workers_side_by_side_do_everything_once(database: ServiceDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "BATCH", 7)
    due = [ending() for _ in range(60)]
    await store(database.worker, *due)

    async def worker() -> int:
        done = 0
        while True:
            async with database.worker.transaction() as transaction:
                batch = await catch_up(NOW + 28 * DAY, store=STORE_OF(transaction))
            done += batch
            if not batch:
                return done

    assert sum(await asyncio.gather(*(worker() for _ in range(4)))) == 60
    assert await facts_of(database.worker) == {subscription.id: in_order("updated", "revoked", first=6) for subscription in due}


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
