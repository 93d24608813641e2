"""SubscriptionService.ExportSubscriptions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from uuid import UUID

from bursar.subscription.v1 import subscription_service_pb2 as pb
from google.api.httpbody_pb2 import HttpBody

from services.chassis.call import StreamCall
from services.chassis.csv_export import keyset_pages, stream_csv
from services.chassis.database import Database
from services.subscription.convert_listing import read_export_filters
from services.subscription.usecases.filters import Filters
from services.subscription.usecases.ports import StoreOf
from services.subscription.usecases.subscription_export import SUBSCRIPTIONS, ExportedSubscription


async def export_subscriptions(
    request: pb.ExportSubscriptionsRequest, call: StreamCall, database: Database, store_of: StoreOf
) -> AsyncIterator[HttpBody]:
    """The file in chunks, each of rows that a transaction of its own has read."""
    organization_id = call.organization_id
    zone = request.time_zone or await _zone_of_organization(database, store_of, organization_id)
    writer = SUBSCRIPTIONS.writer(request.columns, zone)
    read = partial(_behind, database, store_of, organization_id, read_export_filters(request))
    async for chunk in stream_csv(call, "subscriptions.csv", writer, keyset_pages(read)):
        yield chunk


async def _behind(
    database: Database, store_of: StoreOf, organization_id: UUID, filters: Filters, last: ExportedSubscription | None, most: int
) -> list[ExportedSubscription]:
    async with database.transaction(organization_id) as transaction:
        return await store_of(transaction).subscriptions.behind(organization_id, filters, last, most)


async def _zone_of_organization(database: Database, store_of: StoreOf, organization_id: UUID) -> str:
    async with database.transaction(organization_id) as transaction:
        return (await store_of(transaction).organizations.get(organization_id)).time_zone
