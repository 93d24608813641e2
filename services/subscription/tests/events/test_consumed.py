"""What follows from the facts of the other services, in whatever order and however often they come."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from bursar.checkout.v1.checkout_events_pb2 import CustomerDeleted
from bursar.checkout.v1.discount_pb2 import DISCOUNT_DURATION_REPEATING, AppliedDiscount, PercentageDiscount
from bursar.types.v1.intervals_pb2 import RECURRING_INTERVAL_UNSPECIFIED

from services.chassis.event import Event
from services.chassis.ids import new_id
from services.chassis.reactor import Reactor
from services.pricing.price import FixedPrice
from services.pricing.reduction import Percentage
from services.subscription.domain.discount import AppliedDiscount as Applied
from services.subscription.domain.discount import Discount, DiscountDuration
from services.subscription.domain.periods import Interval, Period, Recurrence
from services.subscription.domain.status import Status
from services.subscription.domain.subscription import Subscription
from services.subscription.tests.builders import NOW, ORGANIZATION, checkout_succeeded, event_of
from services.subscription.tests.reading import all_subscriptions, facts_of, in_order
from tests.support.databases import ServiceDatabase

DAY = timedelta(days=1)


async def test_a_succeeded_checkout_starts_its_subscription(reactor: Reactor, database: ServiceDatabase) -> None:
    discount_id, payment_method_id = new_id(), new_id()
    discount = AppliedDiscount(
        discount_id=str(discount_id),
        duration=DISCOUNT_DURATION_REPEATING,
        duration_in_months=3,
        percentage=PercentageDiscount(basis_points=2000),
    )
    message = checkout_succeeded(external_customer_id="u1", discount=discount, payment_method_id=str(payment_method_id))
    message.metadata.update({"team": "red", "size": 3})
    assert await reactor.take([event_of(message)]) == set()
    subscription = (await all_subscriptions(database.worker))[UUID(message.subscription_id)]
    assert (subscription.status, subscription.organization_id, subscription.external_customer_id) == (Status.ACTIVE, ORGANIZATION, "u1")
    # 11:00 in Berlin; by the end of February the clocks there have not changed.
    assert subscription.period == Period(NOW, datetime(2026, 2, 28, 10, tzinfo=UTC))
    assert subscription.metadata == {"team": "red", "size": 3}
    terms = subscription.terms
    assert terms.recurrence == Recurrence(Interval.MONTH, 1, "Europe/Berlin")
    assert (terms.amount, terms.currency, terms.tax_behavior) == (1900, "eur", "exclusive")
    assert terms.payment_method_id == payment_method_id
    applied = Applied(discount_id, Percentage(2000), DiscountDuration.REPEATING, 3)
    assert terms.discount == Discount(applied, cycles_billed=1, cycles_left=2)  # the checkout's order was the first
    assert [price.amount for price in terms.prices] == [FixedPrice(1900)]
    assert await facts_of(database.worker) == {subscription.id: in_order("created", "active", "updated")}


async def test_a_trial_starts_trialing(reactor: Reactor, database: ServiceDatabase) -> None:
    message = checkout_succeeded(trial_days=14)
    await reactor.take([event_of(message)])
    subscription = (await all_subscriptions(database.worker))[UUID(message.subscription_id)]
    assert (subscription.status, subscription.period) == (Status.TRIALING, Period(NOW, NOW + 14 * DAY))
    assert await facts_of(database.worker) == {subscription.id: in_order("created", "updated")}


async def test_a_one_time_purchase_starts_none(reactor: Reactor, database: ServiceDatabase) -> None:
    await reactor.take([event_of(checkout_succeeded(subscription_id=None, recurring_interval=RECURRING_INTERVAL_UNSPECIFIED))])
    assert await all_subscriptions(database.worker) == {}


async def test_the_same_purchase_told_by_two_facts_starts_one(reactor: Reactor, database: ServiceDatabase) -> None:
    message = checkout_succeeded()
    await reactor.take([event_of(message), event_of(message)])
    await reactor.take([event_of(message)])
    assert await facts_of(database.worker) == {UUID(message.subscription_id): in_order("created", "active", "updated")}


async def test_a_deleted_customers_subscriptions_all_end_at_once(reactor: Reactor, database: ServiceDatabase) -> None:
    customer_id = str(new_id())
    messages = [
        checkout_succeeded(customer_id=customer_id),
        checkout_succeeded(trial_days=14, customer_id=customer_id),
        checkout_succeeded(),
    ]
    await reactor.take([event_of(message) for message in messages])
    await reactor.take([event_of(CustomerDeleted(customer_id=customer_id), at=NOW + DAY)])
    found = await all_subscriptions(database.worker)
    first, trialing, other = (found[UUID(message.subscription_id)] for message in messages)
    for ended in (first, trialing):
        assert (ended.status, ended.ended_at) == (Status.CANCELED, NOW + DAY)
    assert other.status is Status.ACTIVE
    facts = await facts_of(database.worker)
    assert facts[first.id] == in_order("created", "active", "updated", "updated", "canceled", "revoked")
    assert facts[other.id] == in_order("created", "active", "updated")


async def test_another_organizations_customer_of_the_same_id_is_not_meant(reactor: Reactor, database: ServiceDatabase) -> None:
    message = checkout_succeeded()
    await reactor.take([event_of(message)])
    await reactor.take([event_of(CustomerDeleted(customer_id=message.customer_id), organization_id=new_id())])
    assert (await all_subscriptions(database.worker))[UUID(message.subscription_id)].status is Status.ACTIVE


def _ended_alike(subscriptions: dict[UUID, Subscription]) -> dict[UUID, Subscription]:
    """Without the number of facts on the way, which may differ."""
    return {key: replace(subscription, version=0) for key, subscription in subscriptions.items()}


def _story(seed: int) -> list[Event[Any]]:
    """Purchases of a few customers, some with trials, some of whom are deleted before, between or after."""
    chance = random.Random(seed)
    customers = [str(new_id()) for _ in range(4)]
    events = []
    for _ in range(8):
        message = checkout_succeeded(trial_days=chance.choice([0, 3]), customer_id=chance.choice(customers))
        events.append(event_of(message, at=NOW))
    for customer_id in customers[:2]:
        events.append(event_of(CustomerDeleted(customer_id=customer_id), at=NOW + chance.choice([-1, 1, 5]) * DAY))
    return events


@pytest.mark.parametrize("seed", range(6))
async def test_order_repetition_and_batches_change_nothing(reactor: Reactor, database: ServiceDatabase, seed: int) -> None:
    events, chance = _story(seed), random.Random(seed)
    await reactor.take(events)
    expected = _ended_alike(await all_subscriptions(database.worker))
    assert len(expected) == 8
    await _forget(database)
    shuffled = [*events, *chance.sample(events, 5)]
    chance.shuffle(shuffled)
    while shuffled:
        size = chance.randint(1, 5)
        batch, shuffled = shuffled[:size], shuffled[size:]
        await reactor.take(batch)
    assert _ended_alike(await all_subscriptions(database.worker)) == expected
    for facts in (await facts_of(database.worker)).values():
        assert [version for _, version in facts] == list(range(1, len(facts) + 1))


async def _forget(database: ServiceDatabase) -> None:
    async with await psycopg.AsyncConnection.connect(database.urls.admin, autocommit=True) as admin:
        await admin.execute("truncate subscription, billing_entry, subscription_order, customer, inbox, outbox, outbox_pending")


async def test_a_purchase_and_the_deletion_of_its_customer_at_the_same_time_end_in_one_way(
    reactor: Reactor, database: ServiceDatabase
) -> None:
    messages = [checkout_succeeded() for _ in range(10)]
    deletions = [event_of(CustomerDeleted(customer_id=message.customer_id), at=NOW + DAY) for message in messages]
    await asyncio.gather(*(reactor.take([event]) for event in (*map(event_of, messages), *deletions)))
    assert {subscription.status for subscription in (await all_subscriptions(database.worker)).values()} == {Status.CANCELED}


async def test_a_purchase_that_makes_no_sense_fails_alone(reactor: Reactor, database: ServiceDatabase) -> None:
    for wrong in ({"time_zone": "Mars/Olympus", "trial_days": 3}, {"recurring_interval_count": 0}, {"customer_id": "nobody"}):
        with pytest.raises(Exception, match=r"Mars|recurring_interval_count|UUID"):
            await reactor.take([event_of(checkout_succeeded(**wrong))])
    assert await all_subscriptions(database.worker) == {}
