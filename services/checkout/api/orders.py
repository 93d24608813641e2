"""bursar.checkout.v1.OrderService."""

from __future__ import annotations

from uuid import UUID

from bursar.checkout.v1 import order_pb2
from bursar.checkout.v1 import order_service_pb2 as contract

from services.chassis.call import Call
from services.chassis.pagination import page_of
from services.checkout.api.door import Door
from services.checkout.domain.errors import OrderNotFound
from services.checkout.messages.order import order_filter, order_to_proto


class OrderServicer:
    """Orders, to read."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def GetOrder(self, request: contract.GetOrderRequest, call: Call) -> order_pb2.Order:
        found = await self._door.read(call.organization_id, lambda store: store.orders.get(UUID(request.id)))
        if found is None:
            raise OrderNotFound
        return order_to_proto(found)

    async def ListOrders(self, request: contract.ListOrdersRequest, call: Call) -> contract.ListOrdersResponse:
        page = page_of(request, ("created_at", "status", "invoice_number", "total_amount", "net_amount"))
        given = order_filter(request)
        orders, token, total = await self._door.read(call.organization_id, lambda store: store.orders.page(given, page))
        return contract.ListOrdersResponse(orders=[order_to_proto(order) for order in orders], next_page_token=token, total_count=total)
