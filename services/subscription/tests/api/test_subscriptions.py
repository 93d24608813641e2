"""SubscriptionService and SubscriptionQueryService over a connection."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from bursar.subscription.v1 import subscription_pb2 as pb
from bursar.types.v1.intervals_pb2 import RECURRING_INTERVAL_MONTH

from services.chassis.clock import ManualClock
from services.chassis.ids import new_id
from services.chassis.reactor import Reactor
from services.subscription.app import STORE_OF
from services.subscription.domain.subscription import Subscription
from services.subscription.tests.builders import NOW, ORGANIZATION, a_subscription, checkout_succeeded, event_of, timestamp
from services.subscription.tests.reading import facts_of, in_order
from tests.support.client import Client, member
from tests.support.databases import ServiceDatabase

DAY = timedelta(days=1)
OURS = member(ORGANIZATION)
STARTED = in_order("created", "active", "updated")


async def store(database: ServiceDatabase, *subscriptions: Subscription) -> None:
    async with database.worker.transaction() as transaction:
        await STORE_OF(transaction).subscriptions.add(subscriptions)


async def test_a_started_subscription_is_shown_whole(client: Client, reactor: Reactor) -> None:
    message = checkout_succeeded(trial_days=14)
    await reactor.take([event_of(message)])
    found = await client.call("GetSubscription", member(ORGANIZATION, "subscriptions:read"), id=message.subscription_id)
    assert (found.id, found.organization_id, found.status) == (message.subscription_id, str(ORGANIZATION), pb.SUBSCRIPTION_STATUS_TRIALING)
    assert (found.customer_id, found.product_id, found.checkout_id) == (message.customer_id, message.product_id, message.checkout_id)
    assert (found.amount, found.currency) == (1900, "eur")
    assert (found.recurring_interval, found.recurring_interval_count) == (RECURRING_INTERVAL_MONTH, 1)
    assert list(found.prices) == list(message.prices)
    assert (found.current_period_start, found.current_period_end) == (timestamp(NOW), timestamp(NOW + 14 * DAY))
    assert (found.trial_start, found.trial_end) == (timestamp(NOW), timestamp(NOW + 14 * DAY))
    assert found.version == 2
    assert not any(found.HasField(name) for name in ("discount_id", "canceled_at", "ends_at", "ended_at", "customer_cancellation_comment"))


async def test_canceling_and_taking_it_back(client: Client, database: ServiceDatabase, clock: ManualClock) -> None:
    subscription = a_subscription()
    await store(database, subscription)
    clock.advance(DAY)
    reason, comment = pb.CUSTOMER_CANCELLATION_REASON_TOO_EXPENSIVE, "sorry"
    said = {"customer_cancellation_reason": reason, "customer_cancellation_comment": comment}
    canceled = await client.call("CancelSubscription", member(ORGANIZATION, "subscriptions:write"), id=str(subscription.id), **said)
    assert (canceled.status, canceled.cancel_at_period_end) == (pb.SUBSCRIPTION_STATUS_ACTIVE, True)
    assert (canceled.canceled_at, canceled.ends_at) == (timestamp(NOW + DAY), canceled.current_period_end)
    assert (canceled.customer_cancellation_reason, canceled.customer_cancellation_comment) == (reason, comment)
    back = await client.call("UncancelSubscription", OURS, id=str(subscription.id))
    assert (back.cancel_at_period_end, back.HasField("ends_at"), back.customer_cancellation_reason) == (False, False, 0)
    facts = (await facts_of(database.worker))[subscription.id]
    assert facts == in_order("updated", "canceled", "updated", "uncanceled", first=4)
    assert (await client.refusal("UncancelSubscription", OURS, id=str(subscription.id)))[:2] == (
        "FAILED_PRECONDITION",
        "SUBSCRIPTION_NOT_CANCELED",
    )


async def test_revoking_ends_it_and_repeating_changes_nothing(client: Client, database: ServiceDatabase) -> None:
    subscription = a_subscription()
    await store(database, subscription)
    revoked = await client.call("RevokeSubscription", OURS, id=str(subscription.id))
    assert (revoked.status, revoked.ended_at, revoked.cancel_at_period_end) == (pb.SUBSCRIPTION_STATUS_CANCELED, timestamp(NOW), False)
    assert await client.call("RevokeSubscription", OURS, id=str(subscription.id)) == revoked
    for method in ("CancelSubscription", "UncancelSubscription"):
        assert (await client.refusal(method, OURS, id=str(subscription.id)))[:2] == ("FAILED_PRECONDITION", "SUBSCRIPTION_ENDED")
    assert await facts_of(database.worker) == {subscription.id: in_order("updated", "canceled", "revoked", first=4)}


async def test_a_repeated_request_has_one_effect_and_one_answer(client: Client, database: ServiceDatabase) -> None:
    subscription = a_subscription()
    await store(database, subscription)
    cancels = [client.call("CancelSubscription", OURS, id=str(subscription.id), request_id="r1") for _ in range(5)]
    answers = await asyncio.gather(*cancels)
    await client.call("UncancelSubscription", OURS, id=str(subscription.id))
    assert await client.call("CancelSubscription", OURS, id=str(subscription.id), request_id="r1") == answers[0]
    assert {answer.version for answer in answers} == {5}
    assert (await facts_of(database.worker))[subscription.id] == in_order("updated", "canceled", "updated", "uncanceled", first=4)
    reused = await client.refusal(
        "CancelSubscription", OURS, id=str(subscription.id), request_id="r1", customer_cancellation_comment="other"
    )
    assert reused == ("INVALID_ARGUMENT", "REQUEST_ID_REUSED", "request_id")


async def test_commands_at_the_same_time_end_in_one_story(client: Client, database: ServiceDatabase) -> None:
    subscription = a_subscription()
    await store(database, subscription)
    calls = [
        client.call(method, OURS, id=str(subscription.id))
        for method in ("CancelSubscription", "RevokeSubscription", "CancelSubscription") * 3
    ]
    await asyncio.gather(*calls, return_exceptions=True)
    facts = (await facts_of(database.worker))[subscription.id]
    assert [version for _, version in facts] == list(range(4, 4 + len(facts)))
    assert [name for name, _ in facts].count("revoked") == [name for name, _ in facts].count("canceled") == 1


async def test_a_command_does_not_depend_on_the_sweep(client: Client, database: ServiceDatabase, clock: ManualClock) -> None:
    trial, ending = a_subscription(trial_days=14), a_subscription()
    await store(database, trial, ending)
    await client.call("CancelSubscription", OURS, id=str(ending.id))
    clock.advance(40 * DAY)
    canceled = await client.call("CancelSubscription", OURS, id=str(trial.id))
    assert canceled.status == pb.SUBSCRIPTION_STATUS_ACTIVE
    assert (canceled.current_period_start, canceled.ends_at) == (timestamp(NOW + 14 * DAY), canceled.current_period_end)
    assert (await client.refusal("UncancelSubscription", OURS, id=str(ending.id)))[1] == "SUBSCRIPTION_ENDED"
    assert (await client.call("RevokeSubscription", OURS, id=str(ending.id))).ended_at == timestamp(ending.period.end)


@pytest.mark.parametrize("method", ["GetSubscription", "CancelSubscription", "UncancelSubscription", "RevokeSubscription"])
async def test_what_is_not_there_or_not_mine_is_not_found(client: Client, database: ServiceDatabase, method: str) -> None:
    other = a_subscription(organization_id=new_id())
    await store(database, other)
    for subscription_id in (other.id, new_id()):
        assert (await client.refusal(method, OURS, id=str(subscription_id)))[:2] == ("NOT_FOUND", "SUBSCRIPTION_NOT_FOUND")
    assert await facts_of(database.worker) == {}


async def test_shapes_are_checked_and_named(client: Client) -> None:
    some = str(new_id())
    for method, fields, reason, field in (
        ("GetSubscription", {"id": "x"}, "FIELD_INVALID", "id"),
        ("CancelSubscription", {"id": some, "request_id": ""}, "FIELD_INVALID", "request_id"),
        ("CancelSubscription", {"id": some, "customer_cancellation_reason": 77}, "FIELD_INVALID", "customer_cancellation_reason"),
        ("CancelSubscription", {"id": some, "customer_cancellation_comment": "x" * 2001}, "FIELD_INVALID", "customer_cancellation_comment"),
        ("ListSubscriptions", {"order_by": "customer_id"}, "ORDER_BY_UNKNOWN", "order_by"),
        ("ListSubscriptions", {"page_token": "x"}, "PAGE_TOKEN_INVALID", "page_token"),
        ("ListSubscriptions", {"page_size": 101}, "FIELD_INVALID", "page_size"),
        ("ListSubscriptions", {"status": [0]}, "FIELD_INVALID", "status[0]"),
        ("ListSubscriptions", {"customer_id": ["x"]}, "FIELD_INVALID", "customer_id[0]"),
    ):
        assert await client.refusal(method, OURS, **fields) == ("INVALID_ARGUMENT", reason, field), fields


async def test_a_scope_is_needed(client: Client) -> None:
    for method in ("CancelSubscription", "UncancelSubscription", "RevokeSubscription"):
        refusal = await client.refusal(method, member(ORGANIZATION, "subscriptions:read"), id=str(new_id()))
        assert refusal[:2] == ("PERMISSION_DENIED", "SCOPE_MISSING")


async def test_billable_subscriptions_are_counted_for_checkout_alone(client: Client, database: ServiceDatabase) -> None:
    customer_id = new_id()
    active, trialing, ended = (a_subscription(days, customer_id=customer_id) for days in (0, 14, 0))
    await store(database, active, trialing, ended, a_subscription(), a_subscription(customer_id=customer_id, organization_id=new_id()))
    await client.call("RevokeSubscription", OURS, id=str(ended.id))
    await client.call("CancelSubscription", OURS, id=str(active.id))
    for customer, count in ((customer_id, 2), (new_id(), 0)):
        assert (await client.call("CountBillableSubscriptions", f"checkout/{ORGANIZATION}", customer_id=str(customer))).count == count
    for caller in (f"ledger/{ORGANIZATION}", OURS):
        refusal = await client.refusal("CountBillableSubscriptions", caller, customer_id=str(customer_id))
        assert refusal[:2] == ("PERMISSION_DENIED", "METHOD_NOT_ALLOWED")
