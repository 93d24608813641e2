"""SubscriptionQueryService, for the other services."""

from __future__ import annotations

from bursar.subscription.v1 import subscription_service_pb2 as pb

from services.chassis.call import Call
from services.chassis.database import Database
from services.chassis.ids import parse_id
from services.subscription.usecases.ports import StoreOf


class SubscriptionQueryServicer:
    """Every method works on the organization that the calling service acts for."""

    def __init__(self, *, database: Database, store_of: StoreOf) -> None:
        self._database = database
        self._store_of = store_of

    async def CountBillableSubscriptions(
        self, request: pb.CountBillableSubscriptionsRequest, call: Call
    ) -> pb.CountBillableSubscriptionsResponse:
        customer_id = parse_id(request.customer_id, "customer_id")
        but = (
            parse_id(request.upgraded_subscription_id, "upgraded_subscription_id") if request.HasField("upgraded_subscription_id") else None
        )
        async with self._database.transaction(call.organization_id) as transaction:
            count = await self._store_of(transaction).subscriptions.count_billable(call.organization_id, customer_id, but)
        return pb.CountBillableSubscriptionsResponse(count=count)
