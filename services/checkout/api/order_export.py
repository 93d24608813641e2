"""OrderService.ExportOrders."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

from bursar.checkout.v1 import order_service_pb2 as contract
from google.api.httpbody_pb2 import HttpBody

from services.chassis.call import StreamCall
from services.chassis.csv_export import keyset_pages, stream_csv
from services.checkout.api.door import Door
from services.checkout.api.rooms import PagedStore
from services.checkout.messages.order import export_filter
from services.checkout.usecases.filters import OrderFilter
from services.checkout.usecases.order_export import ORDERS, ExportedOrder


async def export_orders(request: contract.ExportOrdersRequest, call: StreamCall, door: Door) -> AsyncIterator[HttpBody]:
    """The file in chunks, each of rows that a transaction of its own has read."""
    zone = request.time_zone or await _zone_of_organization(call, door)
    writer, read = ORDERS.writer(request.columns, zone), partial(_behind, door, call, export_filter(request))
    async for chunk in stream_csv(call, "orders.csv", writer, keyset_pages(read)):
        yield chunk


async def _behind(door: Door, call: StreamCall, given: OrderFilter, last: ExportedOrder | None, most: int) -> list[ExportedOrder]:
    return await door.read(call.organization_id, lambda store: store.orders.behind(call.organization_id, given, last, most))


async def _zone_of_organization(call: StreamCall, door: Door) -> str:
    async def read(store: PagedStore) -> str:
        return (await store.organizations.get(call.organization_id)).time_zone

    return await door.knowing(call.organization_id, lambda: door.read(call.organization_id, read))
