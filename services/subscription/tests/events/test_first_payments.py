"""Subscriptions whose first payment needs the buyer, in whatever order the facts come."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from bursar.checkout.v1.checkout_events_pb2 import CheckoutExpired, CheckoutPaymentActionRequired, CheckoutSucceeded, CustomerDeleted

from services.chassis.event import Event
from services.chassis.ids import new_id
from services.chassis.reactor import Reactor
from services.subscription.domain.status import Status
from services.subscription.domain.subscription import Subscription
from services.subscription.tests.builders import NOW, checkout_succeeded, event_of, timestamp
from services.subscription.tests.events.facts import exhausted, failed, only
from services.subscription.tests.reading import all_entries, all_subscriptions, facts_of, in_order
from tests.support.databases import ServiceDatabase

DAY = timedelta(days=1)


def asked(sold: CheckoutSucceeded, version: int = 4) -> Event[Any]:
    """The buyer of that is asked."""
    message = CheckoutPaymentActionRequired(checkout=sold)
    message.checkout.ClearField("payment_method_id")
    return event_of(message, version=version)


def paid(sold: CheckoutSucceeded) -> Event[Any]:
    """The buyer did it an hour later."""
    message = CheckoutSucceeded()
    message.CopyFrom(sold)
    message.started_at.CopyFrom(timestamp(NOW + timedelta(hours=1)))
    return event_of(message, at=NOW + timedelta(hours=1), version=9)


def over(sold: CheckoutSucceeded) -> Event[Any]:
    """The checkout expired."""
    return event_of(CheckoutExpired(checkout_id=sold.checkout_id, subscription_id=sold.subscription_id), at=NOW + DAY, version=8)


def gone(sold: CheckoutSucceeded, days: int = 3) -> Event[Any]:
    """The customer was deleted."""
    return event_of(CustomerDeleted(customer_id=sold.customer_id), at=NOW + days * DAY)


async def test_it_is_incomplete_until_it_is_paid(reactor: Reactor, database: ServiceDatabase) -> None:
    sold = checkout_succeeded()
    await reactor.take([asked(sold)])
    waiting = await only(database)
    assert (waiting.status, waiting.due_at, waiting.terms.amount) == (Status.INCOMPLETE, None, 1900)
    await reactor.take([paid(sold)])
    begun = await only(database)
    assert (begun.status, begun.started_at, begun.period.start) == (Status.ACTIVE, NOW + timedelta(hours=1), NOW + timedelta(hours=1))
    assert await facts_of(database.worker) == {begun.id: in_order("created", "updated", "updated", "active")}
    assert await all_entries(database.worker) == []


async def test_it_begins_with_what_was_bought_in_the_end(reactor: Reactor, database: ServiceDatabase) -> None:
    sold, other = checkout_succeeded(), checkout_succeeded(trial_days=14, amount=700, seats=2)
    for name in ("checkout_id", "subscription_id"):
        setattr(other, name, getattr(sold, name))
    await reactor.take([asked(sold)])
    await reactor.take([asked(other, version=7), asked(sold)])
    assert ((await only(database)).terms.seats, str((await only(database)).customer_id)) == (2, other.customer_id)
    await reactor.take([paid(other), asked(other, version=7)])
    begun = await only(database)
    assert (begun.status, begun.terms.seats, str(begun.customer_id)) == (Status.TRIALING, 2, other.customer_id)
    assert begun.external_customer_id is None
    assert await facts_of(database.worker) == {begun.id: in_order("created", "updated", "updated", "updated")}


async def _end(reactor: Reactor, database: ServiceDatabase, events: list[Event[Any]]) -> Subscription | None:
    for event in events:
        await reactor.take([event])
        await reactor.take([event._replace(id=new_id())])
    found = list((await all_subscriptions(database.worker)).values())
    for facts in (await facts_of(database.worker)).values():
        assert [version for _, version in facts] == list(range(1, len(facts) + 1))
        assert [fact for fact, _ in facts].count("created") == 1
    return replace(found[0], version=0) if found else None


_STORIES = {
    "paid": ((asked, paid), Status.ACTIVE),
    "never paid": ((asked, over), Status.INCOMPLETE_EXPIRED),
    "paid late": ((asked, over, paid), Status.ACTIVE),
    "deleted": ((asked, gone), Status.INCOMPLETE_EXPIRED),
    "never paid and deleted": ((asked, over, gone), Status.INCOMPLETE_EXPIRED),
    "deleted, then never paid": ((asked, lambda sold: gone(sold, 0), over), Status.INCOMPLETE_EXPIRED),
    "deleted, then paid": ((asked, gone, over, paid), Status.CANCELED),
}


@pytest.mark.parametrize("name", _STORIES)
async def test_every_order_ends_alike(reactor: Reactor, database: ServiceDatabase, name: str) -> None:
    told, status = _STORIES[name]
    ends = []
    for order in itertools.permutations(told):
        sold = checkout_succeeded()
        found = await _end(reactor, database, [each(sold) for each in order])
        assert found is not None
        assert (found.status, (found.ended_at is None)) == (status, status is Status.ACTIVE)
        blank = UUID(int=0)
        terms = replace(found.terms, product_id=blank, prices=())
        ends.append(replace(found, id=blank, checkout_id=blank, customer_id=blank, terms=terms, metadata={}))
        await _forget(database)
    assert all(end == ends[0] for end in ends)


async def _forget(database: ServiceDatabase) -> None:
    async with await psycopg.AsyncConnection.connect(database.urls.admin, autocommit=True) as admin:
        await admin.execute("truncate subscription, first_payment, customer, inbox, outbox, outbox_pending")


async def test_what_was_never_asked_for_is_not_made_by_its_expiry(reactor: Reactor, database: ServiceDatabase) -> None:
    sold = checkout_succeeded()
    await reactor.take([over(sold), event_of(CheckoutExpired(checkout_id=str(new_id())))])
    assert await all_subscriptions(database.worker) == {}


async def test_who_buys_once_in_the_end_has_no_subscription(reactor: Reactor, database: ServiceDatabase) -> None:
    sold = checkout_succeeded()
    once = CheckoutSucceeded()
    once.CopyFrom(sold)
    once.ClearField("subscription_id")
    once.forgone_subscription_id = sold.subscription_id
    await reactor.take([asked(sold)])
    await reactor.take([event_of(once)])
    assert (await only(database)).status is Status.INCOMPLETE_EXPIRED


async def test_an_upgrade_waits_for_what_it_upgrades_and_debts_for_what_owes(reactor: Reactor, database: ServiceDatabase) -> None:
    sold, more = checkout_succeeded(), checkout_succeeded(upgrades_subscription=True)
    more.subscription_id = sold.subscription_id
    await reactor.take([asked(sold)])
    early = event_of(more)
    assert await reactor.take([early]) == {early.id}
    order_id, subscription_id = new_id(), UUID(sold.subscription_id)
    await reactor.take([failed(order_id, subscription_id)])
    assert (await only(database)).status is Status.INCOMPLETE
    await reactor.take([exhausted(order_id, subscription_id)])
    assert (await only(database)).status is Status.INCOMPLETE
    await reactor.take([paid(sold)])
    assert (await only(database)).status is Status.CANCELED
