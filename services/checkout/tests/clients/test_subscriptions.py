"""What the subscription service's answers mean for a purchase."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from bursar.subscription.v1 import subscription_pb2, subscription_service_pb2

from services.chassis.errors import NotFound, Unavailable
from services.checkout.clients.subscriptions import SubscriptionsOverGrpc
from services.checkout.domain.subscription import StandingSubscription
from services.checkout.tests.clients.test_payments import FakePeers

ACTIVE, PAST_DUE = subscription_pb2.SUBSCRIPTION_STATUS_ACTIVE, subscription_pb2.SUBSCRIPTION_STATUS_PAST_DUE
TRIALING, CANCELED = subscription_pb2.SUBSCRIPTION_STATUS_TRIALING, subscription_pb2.SUBSCRIPTION_STATUS_CANCELED


@pytest.mark.parametrize(
    ("fields", "running", "free", "seats"),
    [
        ({"status": ACTIVE}, True, True, None),
        ({"status": TRIALING, "amount": 500}, True, False, None),
        ({"status": ACTIVE, "seats": 3}, True, True, 3),
        ({"status": PAST_DUE}, False, True, None),
        ({"status": CANCELED}, False, True, None),
    ],
)
async def test_a_subscription_as_it_stands(fields: dict[str, Any], running: bool, free: bool, seats: int | None) -> None:
    found, customer_id = uuid4(), uuid4()
    checkout_id = uuid4()
    answer = subscription_pb2.Subscription(id=str(found), customer_id=str(customer_id), checkout_id=str(checkout_id), **fields)
    standing = await SubscriptionsOverGrpc(FakePeers(answer=answer)).find(uuid4(), found)
    assert standing == StandingSubscription(found, customer_id, running, free, seats, checkout_id)


@pytest.mark.parametrize(
    ("status", "begun"),
    [
        (ACTIVE, True),
        (CANCELED, True),
        (subscription_pb2.SUBSCRIPTION_STATUS_INCOMPLETE, False),
        (subscription_pb2.SUBSCRIPTION_STATUS_INCOMPLETE_EXPIRED, False),
    ],
)
async def test_what_waits_for_its_first_payment_has_not_begun(status: subscription_pb2.SubscriptionStatus.ValueType, begun: bool) -> None:
    answer = subscription_pb2.Subscription(id=str(uuid4()), customer_id=str(uuid4()), status=status)
    standing = await SubscriptionsOverGrpc(FakePeers(answer=answer)).find(uuid4(), uuid4())
    assert standing is not None
    assert (standing.has_begun, standing.is_running) == (begun, status == ACTIVE)


async def test_one_that_is_not_there_is_none_and_silence_is_an_error() -> None:
    missing = NotFound("SUBSCRIPTION_NOT_FOUND", "there is no such subscription")
    assert await SubscriptionsOverGrpc(FakePeers([missing])).find(uuid4(), uuid4()) is None
    with pytest.raises(Unavailable):
        await SubscriptionsOverGrpc(FakePeers([Unavailable("PEER_FAILED", "gone")])).find(uuid4(), uuid4())


async def test_they_are_counted() -> None:
    peers = FakePeers(answer=subscription_service_pb2.CountBillableSubscriptionsResponse(count=2))
    assert await SubscriptionsOverGrpc(peers).count_billable(uuid4(), uuid4()) == 2
