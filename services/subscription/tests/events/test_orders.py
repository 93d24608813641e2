"""Facts of orders move subscriptions the same way, in whatever order and however often they come."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from bursar.checkout.v1.checkout_events_pb2 import CheckoutSucceeded

from services.chassis.clock import ManualClock
from services.chassis.event import Event
from services.chassis.ids import new_id, new_sandbox_id
from services.chassis.reactor import Reactor
from services.subscription.domain.status import Status
from services.subscription.domain.subscription import Subscription
from services.subscription.tests.builders import (
    NOW,
    a_subscription,
    checkout_succeeded,
    event_of,
)
from services.subscription.tests.events.facts import DAY, exhausted, failed, only, organization_keeps_unpaid, paid, store, voided
from services.subscription.tests.reading import all_entries, all_subscriptions, facts_of, in_order
from tests.support.databases import ServiceDatabase


async def test_a_failed_renewal_and_its_payment(reactor: Reactor, database: ServiceDatabase) -> None:
    before, order_id = a_subscription(), new_id()
    await store(database, before)
    await reactor.take([failed(order_id, before.id)])
    assert ((await only(database)).status, (await only(database)).past_due_at) == (Status.PAST_DUE, NOW)
    await reactor.take([failed(order_id, before.id, version=4), paid(order_id, before.id, version=5)])
    assert (await only(database)).status is Status.ACTIVE
    assert await facts_of(database.worker) == {before.id: in_order("updated", "past_due", "updated", "active", first=4)}


async def test_paid_renewals_leave_no_trace_but_their_orders(reactor: Reactor, database: ServiceDatabase) -> None:
    before = a_subscription()
    await store(database, before)
    await reactor.take([paid(new_id(), before.id) for _ in range(3)])
    assert (await only(database), await facts_of(database.worker)) == (before, {})


async def test_a_failure_heard_after_the_payment_changes_nothing(reactor: Reactor, database: ServiceDatabase) -> None:
    before, order_id = a_subscription(), new_id()
    await store(database, before)
    await reactor.take([paid(order_id, before.id)])
    await reactor.take([failed(order_id, before.id)])
    assert await only(database) == before


async def test_nobody_pays(reactor: Reactor, database: ServiceDatabase) -> None:
    before, order_id = a_subscription(), new_id()
    await store(database, before)
    await reactor.take([failed(order_id, before.id), exhausted(order_id, before.id), voided(order_id, before.id)])
    after = await only(database)
    assert (after.status, after.ended_at) == (Status.CANCELED, NOW + 21 * DAY)
    assert (await facts_of(database.worker))[before.id] == in_order("updated", "past_due", "updated", "canceled", "revoked", first=4)


async def test_nobody_pays_and_the_organization_keeps_it(reactor: Reactor, database: ServiceDatabase, clock: ManualClock) -> None:
    before, order_id = a_subscription(), new_id()
    await store(database, before)
    clock.advance(100 * DAY)
    await reactor.take([organization_keeps_unpaid(), failed(order_id, before.id)])
    await reactor.take([exhausted(order_id, before.id)])
    unpaid = await only(database)
    assert (unpaid.status, unpaid.due_at, unpaid.past_due_at) == (Status.UNPAID, None, NOW)
    await reactor.take([paid(order_id, before.id, version=9, days=90)])
    after = await only(database)
    assert (after.status, after.anchor) == (Status.ACTIVE, NOW + 90 * DAY)
    assert [line.period for line in await all_entries(database.worker)] == [after.period]


async def test_facts_of_orders_may_come_before_their_subscription(reactor: Reactor, database: ServiceDatabase) -> None:
    message = checkout_succeeded()
    await reactor.take([failed(new_id(), UUID(message.subscription_id))])
    await reactor.take([event_of(message)])
    assert (await only(database)).status is Status.PAST_DUE


@pytest.mark.parametrize("seed", range(4))
async def test_order_repetition_and_batches_change_nothing(reactor: Reactor, database: ServiceDatabase, seed: int) -> None:
    chance = random.Random(seed)
    messages = [checkout_succeeded() for _ in range(4)]
    events: list[Event[Any]] = [event_of(message) for message in messages]
    for message in messages:
        events += _renewals(UUID(message.subscription_id), chance)
    await reactor.take(events)
    expected = _state(await all_subscriptions(database.worker))
    assert {Status.ACTIVE, Status.CANCELED} >= {status for status, _, _ in expected.values()}
    async with await psycopg.AsyncConnection.connect(database.urls.admin, autocommit=True) as admin:
        await admin.execute("truncate subscription, billing_entry, subscription_order, customer, inbox, outbox, outbox_pending")
    shuffled = [*events, *chance.sample(events, 5)]
    chance.shuffle(shuffled)
    while shuffled:
        size = chance.randint(1, 6)
        batch, shuffled = shuffled[:size], shuffled[size:]
        await reactor.take(batch)
    assert _state(await all_subscriptions(database.worker)) == expected
    for facts in (await facts_of(database.worker)).values():
        assert [version for _, version in facts] == list(range(1, len(facts) + 1))


def _renewals(subscription_id: UUID, chance: random.Random) -> Sequence[Event[Any]]:
    key, one, two = subscription_id, new_id(), new_id()
    ends = [[paid(one, key, 5, 3)], [exhausted(one, key, 5), voided(one, key, 6)], [voided(one, key, 5)]]
    return [failed(one, key, 3), failed(one, key, 4, 2), *chance.choice(ends), failed(two, key), paid(two, key)]


def _state(subscriptions: dict[UUID, Subscription]) -> dict[UUID, tuple[Status, datetime | None, datetime | None]]:
    return {key: (each.status, each.past_due_at, each.ended_at) for key, each in subscriptions.items()}


async def test_two_orders_heard_of_at_the_same_time(reactor: Reactor, database: ServiceDatabase) -> None:
    subscriptions = [a_subscription() for _ in range(10)]
    await store(database, *subscriptions)
    orders = {each.id: (new_id(), new_id()) for each in subscriptions}
    await reactor.take([failed(one, key) for key, (one, _) in orders.items()])
    batches = [[paid(one, key)] for key, (one, _) in orders.items()] + [[failed(two, key)] for key, (_, two) in orders.items()]
    await asyncio.gather(*(reactor.take(batch) for batch in batches))
    assert {each.status for each in (await all_subscriptions(database.worker)).values()} == {Status.PAST_DUE}


async def test_an_upgrade_waits_for_the_free_subscription_that_it_is_for(reactor: Reactor, database: ServiceDatabase) -> None:
    free = checkout_succeeded(amount=0)
    bought = checkout_succeeded(subscription_id=free.subscription_id, upgrades_subscription=True, product_name="Team", seats=2)
    upgrade = event_of(bought)
    assert await reactor.take([upgrade]) == {upgrade.id}
    assert await reactor.take([event_of(free)]) == set()
    assert await reactor.take([upgrade]) == set()
    after = await only(database)
    assert (after.terms.product_name, after.terms.seats, str(after.checkout_id)) == ("Team", 2, bought.checkout_id)


async def test_what_happens_to_a_sandbox_happens_at_its_own_time(reactor: Reactor, database: ServiceDatabase, clock: ManualClock) -> None:
    sandbox = new_sandbox_id(NOW)
    clock.advance(500 * DAY)
    message: CheckoutSucceeded = checkout_succeeded()
    await reactor.take([event_of(message, organization_id=sandbox)])
    assert ((await only(database)).created_at, (await only(database)).modified_at) == (NOW, NOW)
