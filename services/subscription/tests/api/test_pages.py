"""Pages of subscriptions over a connection: each row once, whatever the order and the filters."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from bursar.subscription.v1 import subscription_pb2 as pb

from services.chassis.clock import ManualClock
from services.chassis.ids import new_id
from services.subscription.app import STORE_OF
from services.subscription.domain.subscription import Subscription
from services.subscription.tests.builders import NOW, ORGANIZATION, a_subscription, terms
from services.subscription.tests.reading import in_order
from tests.support.client import Client, member
from tests.support.databases import ServiceDatabase

DAY = timedelta(days=1)
OURS = member(ORGANIZATION)
STARTED = in_order("created", "active", "updated")


async def store(database: ServiceDatabase, *subscriptions: Subscription) -> None:
    async with database.worker.transaction() as transaction:
        await STORE_OF(transaction).subscriptions.add(subscriptions)


async def many(database: ServiceDatabase, client: Client, clock: ManualClock) -> list[Subscription]:
    """Nine subscriptions of different ages, three of them canceled and two of them ended."""
    made = []
    for number in range(9):
        fields = {"terms": terms(amount=number % 3 * 500), "started_at": NOW - number % 5 * DAY}
        made.append(a_subscription(trial_days=5 if number % 4 == 3 else 0, now=NOW + number // 2 * DAY, **fields))
    await store(database, *made)
    for subscription in made[:2]:
        await client.call("RevokeSubscription", OURS, id=str(subscription.id))
    await client.call("CancelSubscription", OURS, id=str(made[4].id))
    return made


async def listed(client: Client, **fields: Any) -> list[UUID]:
    """All pages of a list, three at a time."""
    found: list[UUID] = []
    token = ""
    while True:
        page = await client.call("ListSubscriptions", OURS, page_size=3, page_token=token, include_total=True, **fields)
        found += [UUID(subscription.id) for subscription in page.subscriptions]
        token = page.next_page_token
        if not token:
            assert page.total_count == len(found)
            return found


async def test_filters_choose(client: Client, database: ServiceDatabase, clock: ManualClock) -> None:
    made = await many(database, client, clock)
    ids = [subscription.id for subscription in made]
    for fields, expected in (
        ({}, ids),
        ({"customer_id": [str(made[2].customer_id), str(made[5].customer_id)]}, [ids[2], ids[5]]),
        ({"product_id": [str(made[3].terms.product_id)]}, [ids[3]]),
        ({"discount_id": [str(new_id())]}, []),
        ({"status": [pb.SUBSCRIPTION_STATUS_CANCELED]}, ids[:2]),
        ({"status": [pb.SUBSCRIPTION_STATUS_TRIALING, pb.SUBSCRIPTION_STATUS_CANCELED]}, [*ids[:2], ids[3], ids[7]]),
        ({"active": True}, ids[2:]),
        ({"active": False}, ids[:2]),
        ({"cancel_at_period_end": True}, [ids[4]]),
        ({"cancel_at_period_end": False, "active": True}, [*ids[2:4], *ids[5:]]),
    ):
        assert set(await listed(client, **fields)) == set(expected), fields


@pytest.mark.parametrize("key", ["created_at", "started_at", "status", "current_period_end", "ended_at", "ends_at", "amount"])
async def test_every_order_shows_each_row_once_and_rows_without_the_key_last(
    client: Client, database: ServiceDatabase, clock: ManualClock, key: str
) -> None:
    made = await many(database, client, clock)
    for order_by in (key, f"-{key}"):
        found = await listed(client, order_by=order_by)
        assert sorted(found) == sorted(subscription.id for subscription in made)
        rows = [await client.call("GetSubscription", OURS, id=str(each)) for each in found]
        if key in ("ended_at", "ends_at"):
            having = [row.HasField(key) for row in rows]
            assert having == sorted(having, reverse=True)
            rows = [row for row in rows if row.HasField(key)]
        values = [getattr(row, key) for row in rows]
        if key == "status":
            values = [pb.SubscriptionStatus.Name(value) for value in values]
        comparable = [value.ToNanoseconds() if hasattr(value, "ToNanoseconds") else value for value in values]
        assert comparable == sorted(comparable, reverse=order_by.startswith("-"))


async def test_the_newest_come_first_unless_asked_otherwise(client: Client, database: ServiceDatabase, clock: ManualClock) -> None:
    made = await many(database, client, clock)
    expected = sorted(made, key=lambda subscription: (subscription.created_at, subscription.id), reverse=True)
    assert await listed(client) == [subscription.id for subscription in expected]


async def test_a_list_shows_one_organization(client: Client, database: ServiceDatabase) -> None:
    await store(database, a_subscription(organization_id=new_id()))
    assert await listed(client) == []
