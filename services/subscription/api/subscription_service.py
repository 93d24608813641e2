"""SubscriptionService, for organizations."""

from __future__ import annotations

from functools import partial

from bursar.subscription.v1 import subscription_service_pb2 as pb
from bursar.subscription.v1.subscription_pb2 import Subscription

from services.chassis.call import Call
from services.chassis.clock import Clock
from services.chassis.database import Database, Transaction
from services.chassis.idempotency import once
from services.chassis.ids import parse_id
from services.chassis.pagination import page_of
from services.subscription.convert import list_to_proto, read_filters, read_why, subscription_to_proto
from services.subscription.domain.changes import canceled, revoked, uncanceled
from services.subscription.domain.errors import SubscriptionNotFound
from services.subscription.usecases.change_subscription import Transition, change_subscription
from services.subscription.usecases.ports import StoreOf

_SORT_KEYS = ("created_at", "started_at", "status", "current_period_end", "ended_at", "ends_at", "amount")
_Command = pb.CancelSubscriptionRequest | pb.UncancelSubscriptionRequest | pb.RevokeSubscriptionRequest


class SubscriptionServicer:
    """Every method works on the caller's organization."""

    def __init__(self, *, database: Database, store_of: StoreOf, clock: Clock) -> None:
        self._database = database
        self._store_of = store_of
        self._clock = clock

    async def GetSubscription(self, request: pb.GetSubscriptionRequest, call: Call) -> Subscription:
        subscription_id = parse_id(request.id, "id")
        async with self._database.transaction(call.organization_id) as transaction:
            subscription = await self._store_of(transaction).subscriptions.get(call.organization_id, subscription_id)
        if subscription is None:
            raise SubscriptionNotFound(subscription_id)
        return subscription_to_proto(subscription)

    async def ListSubscriptions(self, request: pb.ListSubscriptionsRequest, call: Call) -> pb.ListSubscriptionsResponse:
        page, filters = page_of(request, _SORT_KEYS), read_filters(request)
        async with self._database.transaction(call.organization_id) as transaction:
            return list_to_proto(await self._store_of(transaction).subscriptions.page(call.organization_id, filters, page))

    async def CancelSubscription(self, request: pb.CancelSubscriptionRequest, call: Call) -> Subscription:
        why = read_why(request)
        return await self._change(request, call, lambda before, now: canceled(before, why, now))

    async def UncancelSubscription(self, request: pb.UncancelSubscriptionRequest, call: Call) -> Subscription:
        return await self._change(request, call, uncanceled)

    async def RevokeSubscription(self, request: pb.RevokeSubscriptionRequest, call: Call) -> Subscription:
        why = read_why(request)
        return await self._change(request, call, lambda before, now: revoked(before, why, now))

    async def _change(self, request: _Command, call: Call, transition: Transition) -> Subscription:
        async with self._database.transaction(call.organization_id) as transaction:
            effect = partial(self._changed, transaction, request, call, transition)
            return await once(transaction, call.organization_id, call.method, request, Subscription, effect)

    async def _changed(self, transaction: Transaction, request: _Command, call: Call, transition: Transition) -> Subscription:
        subscription_id = parse_id(request.id, "id")
        store = self._store_of(transaction)
        return subscription_to_proto(
            await change_subscription(call.organization_id, subscription_id, transition, self._clock.now(), store=store)
        )
