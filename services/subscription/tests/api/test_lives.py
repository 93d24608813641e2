"""Pauses, and what is billed, over a connection."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bursar.checkout.v1.order_pb2 import BILLING_ENTRY_TYPE_CYCLE, BILLING_ENTRY_TYPE_PRORATION
from bursar.subscription.v1 import subscription_pb2 as pb
from bursar.subscription.v1.subscription_events_pb2 import SubscriptionCycled

from services.chassis.clock import ManualClock
from services.chassis.ids import new_id
from services.subscription.app import STORE_OF, catch_up_all
from services.subscription.domain.status import Status
from services.subscription.domain.subscription import Subscription
from services.subscription.tests.builders import NOW, ORGANIZATION, a_subscription, discount, entry, terms, timestamp
from services.subscription.tests.reading import all_subscriptions, facts_of, in_order, payloads_of
from tests.support.client import Client, member
from tests.support.databases import ServiceDatabase

DAY = timedelta(days=1)
OURS = member(ORGANIZATION)


async def store(database: ServiceDatabase, *subscriptions: Subscription) -> None:
    async with database.worker.transaction() as transaction:
        await STORE_OF(transaction).subscriptions.add(subscriptions)


async def test_a_pause_is_scheduled_taken_back_and_begins(client: Client, database: ServiceDatabase, clock: ManualClock) -> None:
    subscription = a_subscription()
    key = str(subscription.id)
    await store(database, subscription)
    paused = await client.call("PauseSubscription", OURS, id=key, resumes_at=timestamp(NOW + 60 * DAY))
    assert (paused.status, paused.pause_at_period_end, paused.resumes_at) == (
        pb.SUBSCRIPTION_STATUS_ACTIVE,
        True,
        timestamp(NOW + 60 * DAY),
    )
    back = await client.call("UnschedulePause", OURS, id=key)
    assert (back.pause_at_period_end, back.HasField("resumes_at")) == (False, False)
    await client.call("PauseSubscription", OURS, id=key)
    clock.advance(40 * DAY)
    await catch_up_all(database.worker, clock)
    resting = await client.call("GetSubscription", OURS, id=key)
    assert (resting.status, resting.paused_at) == (pb.SUBSCRIPTION_STATUS_PAUSED, timestamp(subscription.period.end))
    resumed = await client.call("ResumeSubscription", OURS, id=key)
    assert (resumed.status, resumed.current_period_start, resumed.HasField("paused_at")) == (
        pb.SUBSCRIPTION_STATUS_ACTIVE,
        timestamp(clock.now()),
        False,
    )
    expected = in_order("updated", "updated", "updated", "updated", "paused", "updated", "resumed", "cycled", first=4)
    assert (await facts_of(database.worker))[subscription.id] == expected
    (cycled,) = [SubscriptionCycled.FromString(payload) for payload in await payloads_of(database.worker, "subscription.cycled")]
    assert cycled.billing.period_start == resumed.current_period_start


@pytest.mark.parametrize(
    ("method", "status", "reason"),
    [
        ("PauseSubscription", Status.TRIALING, "SUBSCRIPTION_NOT_ACTIVE"),
        ("PauseSubscription", Status.PAST_DUE, "SUBSCRIPTION_NOT_ACTIVE"),
        ("PauseSubscription", Status.CANCELED, "SUBSCRIPTION_ENDED"),
        ("UnschedulePause", Status.ACTIVE, "PAUSE_NOT_SCHEDULED"),
        ("ResumeSubscription", Status.ACTIVE, "SUBSCRIPTION_NOT_PAUSED"),
    ],
)
async def test_where_a_pause_is_not_possible(client: Client, database: ServiceDatabase, method: str, status: Status, reason: str) -> None:
    subscription = a_subscription(trial_days=30 if status is Status.TRIALING else 0)
    async with database.worker.transaction() as transaction:
        await STORE_OF(transaction).subscriptions.add([subscription])
        await transaction.connection.execute("update subscription set status = %s", [status.value])
    assert (await client.refusal(method, OURS, id=str(subscription.id)))[:2] == ("FAILED_PRECONDITION", reason)


async def test_a_pause_ends_after_it_begins_and_not_what_is_canceled(client: Client, database: ServiceDatabase) -> None:
    subscription = a_subscription()
    key = str(subscription.id)
    await store(database, subscription)
    too_early = await client.refusal("PauseSubscription", OURS, id=key, resumes_at=timestamp(subscription.period.end))
    assert too_early == ("INVALID_ARGUMENT", "RESUMES_AT_TOO_EARLY", "resumes_at")
    too_late = await client.refusal("PauseSubscription", OURS, id=key, resumes_at=timestamp(NOW.replace(year=9999)))
    assert too_late == ("INVALID_ARGUMENT", "FIELD_INVALID", "resumes_at")
    await client.call("CancelSubscription", OURS, id=key)
    assert (await client.refusal("PauseSubscription", OURS, id=key))[1] == "SUBSCRIPTION_CANCELED"


async def test_what_was_and_is_to_be_billed_is_listed(client: Client, database: ServiceDatabase, clock: ManualClock) -> None:
    subscription = a_subscription(discount=discount("repeating", 2))
    await store(database, subscription)
    clock.advance(29 * DAY)
    await catch_up_all(database.worker, clock)
    waiting = entry(subscription, created_at=clock.now() + DAY)
    async with database.worker.transaction() as transaction:
        await STORE_OF(transaction).entries.save([waiting])
    key = str(subscription.id)
    credit, cycle = (await client.call("ListBillingEntries", OURS, subscription_id=key)).billing_entries
    assert (credit.id, credit.type, credit.amount, credit.HasField("order_id")) == (
        str(waiting.id),
        BILLING_ENTRY_TYPE_PRORATION,
        -500,
        False,
    )
    assert (cycle.type, cycle.amount, cycle.currency, cycle.description) == (
        BILLING_ENTRY_TYPE_CYCLE,
        1900,
        "eur",
        "Pro at 19.00 EUR, 28 Feb 2026 – 31 Mar 2026",
    )
    for pending, found in ((True, credit), (False, cycle)):
        assert list((await client.call("ListBillingEntries", OURS, subscription_id=key, pending=pending)).billing_entries) == [found]
    first = await client.call("ListBillingEntries", OURS, subscription_id=key, page_size=1)
    rest = await client.call("ListBillingEntries", OURS, subscription_id=key, page_size=1, page_token=first.next_page_token)
    assert [*first.billing_entries, *rest.billing_entries] == [credit, cycle]
    shown = await client.call("GetSubscription", OURS, id=key)
    assert (shown.discount_cycles_billed, shown.discount_cycles_left, shown.product_name, shown.time_zone) == (2, 0, "Pro", "UTC")
    others = await client.refusal("ListBillingEntries", member(new_id()), subscription_id=key)
    assert others[:2] == ("NOT_FOUND", "SUBSCRIPTION_NOT_FOUND")


async def test_a_command_bills_first_what_was_due(client: Client, database: ServiceDatabase, clock: ManualClock) -> None:
    subscription = a_subscription(terms=terms(500))
    await store(database, subscription)
    clock.advance(100 * DAY)
    canceled = await client.call("CancelSubscription", OURS, id=str(subscription.id))
    (stored,) = (await all_subscriptions(database.worker)).values()
    assert canceled.ends_at == timestamp(stored.period.end)
    expected = in_order("cycled", "cycled", "cycled", "updated", "canceled", first=4)
    assert (await facts_of(database.worker))[subscription.id] == expected
