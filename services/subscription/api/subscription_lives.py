"""SubscriptionService, for organizations: subscriptions and their lives. Their changes are subscription_changes.py's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial

from bursar.subscription.v1 import subscription_service_pb2 as pb
from bursar.subscription.v1.subscription_pb2 import Subscription
from google.api.httpbody_pb2 import HttpBody

from services.chassis.call import Call, StreamCall
from services.chassis.database import Database, Transaction
from services.chassis.field_mask import checked_paths
from services.chassis.idempotency import once
from services.chassis.ids import new_id, parse_id
from services.chassis.metadata import read_metadata
from services.chassis.organization_clock import OrganizationClock
from services.chassis.pagination import page_of
from services.chassis.timestamps import from_timestamp
from services.subscription.api.subscription_export import export_subscriptions
from services.subscription.convert import list_to_proto, read_why, subscription_to_proto
from services.subscription.convert_billing import entries_to_proto
from services.subscription.convert_listing import read_filters
from services.subscription.domain.change_plain import metadata_changed, pending_update_cleared
from services.subscription.domain.changes import Transition, canceled, pause_unscheduled, paused, resumed_now, revoked, uncanceled
from services.subscription.domain.errors import SubscriptionNotFound
from services.subscription.usecases.change_subscription import change_subscription
from services.subscription.usecases.ports import StoreOf

_SORT_KEYS = (
    "created_at",
    "started_at",
    "status",
    "current_period_end",
    "ended_at",
    "ends_at",
    "amount",
    "customer",
    "product",
    "discount",
)
_MASKED = ("metadata",)
_Command = (
    pb.CancelSubscriptionRequest
    | pb.UncancelSubscriptionRequest
    | pb.RevokeSubscriptionRequest
    | pb.PauseSubscriptionRequest
    | pb.UnschedulePauseRequest
    | pb.ResumeSubscriptionRequest
    | pb.UpdateSubscriptionRequest
    | pb.ClearPendingUpdateRequest
)


@dataclass(frozen=True, kw_only=True)
class SubscriptionLives:
    """Every method works on the caller's organization."""

    database: Database
    store_of: StoreOf
    clock: OrganizationClock

    async def GetSubscription(self, request: pb.GetSubscriptionRequest, call: Call) -> Subscription:
        subscription_id = parse_id(request.id, "id")
        async with self.database.transaction(call.organization_id) as transaction:
            subscription = await self.store_of(transaction).subscriptions.get(call.organization_id, subscription_id)
        if subscription is None:
            raise SubscriptionNotFound(subscription_id)
        return subscription_to_proto(subscription)

    async def ListSubscriptions(self, request: pb.ListSubscriptionsRequest, call: Call) -> pb.ListSubscriptionsResponse:
        page, filters = page_of(request, _SORT_KEYS), read_filters(request)
        async with self.database.transaction(call.organization_id) as transaction:
            return list_to_proto(await self.store_of(transaction).subscriptions.page(call.organization_id, filters, page))

    def ExportSubscriptions(self, request: pb.ExportSubscriptionsRequest, call: StreamCall) -> AsyncIterator[HttpBody]:
        return export_subscriptions(request, call, self.database, self.store_of)

    async def ListBillingEntries(self, request: pb.ListBillingEntriesRequest, call: Call) -> pb.ListBillingEntriesResponse:
        page, subscription_id = page_of(request), parse_id(request.subscription_id, "subscription_id")
        pending = request.pending if request.HasField("pending") else None
        async with self.database.transaction(call.organization_id) as transaction:
            store = self.store_of(transaction)
            if await store.subscriptions.get(call.organization_id, subscription_id) is None:
                raise SubscriptionNotFound(subscription_id)
            return entries_to_proto(await store.entries.page(call.organization_id, subscription_id, pending, page))

    async def CancelSubscription(self, request: pb.CancelSubscriptionRequest, call: Call) -> Subscription:
        why = read_why(request)
        return await self._change(request, call, lambda before, situation: canceled(before, why, situation))

    async def UncancelSubscription(self, request: pb.UncancelSubscriptionRequest, call: Call) -> Subscription:
        return await self._change(request, call, uncanceled)

    async def RevokeSubscription(self, request: pb.RevokeSubscriptionRequest, call: Call) -> Subscription:
        why = read_why(request)
        return await self._change(request, call, lambda before, situation: revoked(before, why, situation))

    async def PauseSubscription(self, request: pb.PauseSubscriptionRequest, call: Call) -> Subscription:
        resumes_at = from_timestamp(request.resumes_at, "resumes_at") if request.HasField("resumes_at") else None
        return await self._change(request, call, lambda before, situation: paused(before, resumes_at, situation))

    async def UnschedulePause(self, request: pb.UnschedulePauseRequest, call: Call) -> Subscription:
        return await self._change(request, call, pause_unscheduled)

    async def ResumeSubscription(self, request: pb.ResumeSubscriptionRequest, call: Call) -> Subscription:
        return await self._change(request, call, resumed_now)

    async def UpdateSubscription(self, request: pb.UpdateSubscriptionRequest, call: Call) -> Subscription:
        checked_paths(request.update_mask, _MASKED)
        metadata = read_metadata(request.metadata)
        return await self._change(request, call, lambda before, situation: metadata_changed(before, metadata, situation))

    async def ClearPendingUpdate(self, request: pb.ClearPendingUpdateRequest, call: Call) -> Subscription:
        return await self._change(request, call, pending_update_cleared)

    async def _change(self, request: _Command, call: Call, transition: Transition) -> Subscription:
        async with self.database.transaction(call.organization_id) as transaction:
            effect = partial(self._changed, transaction, request, call, transition)
            return await once(transaction, call.organization_id, call.method, request, Subscription, effect)

    async def _changed(self, transaction: Transaction, request: _Command, call: Call, transition: Transition) -> Subscription:
        subscription_id = parse_id(request.id, "id")
        now = await self.clock.now(transaction, call.organization_id)
        store = self.store_of(transaction)
        return subscription_to_proto(await change_subscription(call.organization_id, subscription_id, transition, now, new_id, store=store))
