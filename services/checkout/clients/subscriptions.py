"""The subscription service: what a customer already has."""

from __future__ import annotations

from uuid import UUID

from bursar.subscription.v1 import subscription_pb2
from bursar.subscription.v1 import subscription_service_pb2 as contract

from services.chassis.errors import NotFound
from services.chassis.peers import Peers
from services.checkout.domain.subscription import StandingSubscription
from services.checkout.messages.types import id_of

_SERVICES = contract.DESCRIPTOR.services_by_name
_COUNT = _SERVICES["SubscriptionQueryService"].methods_by_name["CountBillableSubscriptions"]
_GET = _SERVICES["SubscriptionService"].methods_by_name["GetSubscription"]
_NOT_BEGUN = (subscription_pb2.SUBSCRIPTION_STATUS_INCOMPLETE, subscription_pb2.SUBSCRIPTION_STATUS_INCOMPLETE_EXPIRED)
_RUNNING = (subscription_pb2.SUBSCRIPTION_STATUS_TRIALING, subscription_pb2.SUBSCRIPTION_STATUS_ACTIVE)


class SubscriptionsOverGrpc:
    """Questions to the subscription service."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    async def count_billable(self, organization_id: UUID, customer_id: UUID) -> int:
        request = contract.CountBillableSubscriptionsRequest(customer_id=str(customer_id))
        answer = await self._peers.call(_COUNT, request, contract.CountBillableSubscriptionsResponse, organization_id=organization_id)
        return answer.count

    async def find(self, organization_id: UUID, subscription_id: UUID) -> StandingSubscription | None:
        request = contract.GetSubscriptionRequest(id=str(subscription_id))
        try:
            found = await self._peers.call(_GET, request, subscription_pb2.Subscription, organization_id=organization_id)
        except NotFound:
            return None
        return StandingSubscription(
            id=UUID(found.id),
            customer_id=UUID(found.customer_id),
            has_begun=found.status not in _NOT_BEGUN,
            is_running=found.status in _RUNNING,
            is_free=found.amount == 0,
            seats=found.seats if found.HasField("seats") else None,
            checkout_id=id_of(found, "checkout_id"),
        )
