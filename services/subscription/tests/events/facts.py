"""Facts of orders as checkout tells them, and what they meet."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from bursar.checkout.v1.checkout_events_pb2 import OrderDunningExhausted, OrderPaid, OrderPaymentFailed, OrderVoided
from bursar.checkout.v1.order_pb2 import ORDER_BILLING_REASON_SUBSCRIPTION_CYCLE
from bursar.identity.v1.identity_events_pb2 import OrganizationUpdated
from bursar.identity.v1.organization_pb2 import Organization, OrganizationSettings
from bursar.types.v1.billing_pb2 import UNPAID_BEHAVIOR_KEEP

from services.chassis.event import Event
from services.chassis.ids import new_id
from services.subscription.app import STORE_OF
from services.subscription.domain.subscription import Subscription
from services.subscription.tests.builders import (
    NOW,
    ORGANIZATION,
    event_of,
    timestamp,
)
from services.subscription.tests.reading import all_subscriptions
from tests.support.databases import ServiceDatabase

DAY = timedelta(days=1)


async def store(database: ServiceDatabase, *subscriptions: Subscription) -> None:
    async with database.worker.transaction() as transaction:
        await STORE_OF(transaction).subscriptions.add(subscriptions)


async def only(database: ServiceDatabase) -> Subscription:
    (subscription,) = (await all_subscriptions(database.worker)).values()
    return subscription


def _order(kind: type[Any], order_id: UUID, subscription_id: UUID, version: int, days: int = 0, **fields: Any) -> Event[Any]:
    values = {"customer_id": str(new_id()), "billing_reason": ORDER_BILLING_REASON_SUBSCRIPTION_CYCLE, **fields}
    if kind is OrderVoided:
        del values["customer_id"]
    message = kind(order_id=str(order_id), subscription_id=str(subscription_id), **values)
    return event_of(message, at=NOW + days * DAY, version=version)


def failed(order_id: UUID, subscription_id: UUID, version: int = 3, days: int = 0, **fields: Any) -> Event[Any]:
    return _order(OrderPaymentFailed, order_id, subscription_id, version, days, past_due_at=timestamp(NOW), **fields)


def paid(order_id: UUID, subscription_id: UUID, version: int = 4, days: int = 1, **fields: Any) -> Event[Any]:
    return _order(OrderPaid, order_id, subscription_id, version, days, **fields)


def exhausted(order_id: UUID, subscription_id: UUID, version: int = 7, days: int = 21) -> Event[Any]:
    return _order(OrderDunningExhausted, order_id, subscription_id, version, days)


def voided(order_id: UUID, subscription_id: UUID, version: int = 8, days: int = 21, **fields: Any) -> Event[Any]:
    return _order(OrderVoided, order_id, subscription_id, version, days, **fields)


def organization_keeps_unpaid() -> Event[Any]:
    settings = OrganizationSettings(unpaid_behavior=UNPAID_BEHAVIOR_KEEP)
    message = OrganizationUpdated(organization=Organization(id=str(ORGANIZATION), version=2, settings=settings))
    return Event(new_id(), "organization.updated", ORGANIZATION, ORGANIZATION, 2, NOW, message)
