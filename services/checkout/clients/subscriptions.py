"""The subscription service: what a customer already has."""

from __future__ import annotations

from uuid import UUID

from bursar.subscription.v1 import subscription_service_pb2 as contract

from services.chassis.peers import Peers

_COUNT = contract.DESCRIPTOR.services_by_name["SubscriptionQueryService"].methods_by_name["CountBillableSubscriptions"]


class SubscriptionsOverGrpc:
    """Questions to the subscription service."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    async def count_billable(self, organization_id: UUID, customer_id: UUID) -> int:
        request = contract.CountBillableSubscriptionsRequest(customer_id=str(customer_id))
        answer = await self._peers.call(_COUNT, request, contract.CountBillableSubscriptionsResponse, organization_id=organization_id)
        return answer.count
