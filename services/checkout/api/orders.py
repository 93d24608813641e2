"""bursar.checkout.v1.OrderService."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

from bursar.checkout.v1 import order_pb2
from bursar.checkout.v1 import order_service_pb2 as contract
from google.api.httpbody_pb2 import HttpBody

from services.chassis.call import Call, StreamCall
from services.chassis.clock import Clock
from services.chassis.pagination import page_of
from services.checkout.api.door import Door
from services.checkout.api.order_export import export_orders
from services.checkout.api.rooms import PagedStore
from services.checkout.domain.errors import OrderNotFound
from services.checkout.messages.order import order_filter, order_retry, order_to_proto
from services.checkout.usecases.outside_ports import ChargesOutside
from services.checkout.usecases.retry_order_payment import retry_order_payment
from services.checkout.usecases.void_order import void_order

_SORT_KEYS = ("created_at", "status", "invoice_number", "total_amount", "net_amount", "customer", "product", "discount", "subscription")


class OrderServicer:
    """Orders."""

    def __init__(self, door: Door, payments: ChargesOutside, clock: Clock) -> None:
        self._door = door
        self._payments = payments
        self._clock = clock

    async def GetOrder(self, request: contract.GetOrderRequest, call: Call) -> order_pb2.Order:
        found = await self._door.read(call.organization_id, lambda store: store.orders.get(UUID(request.id)))
        if found is None:
            raise OrderNotFound
        return order_to_proto(found)

    async def ListOrders(self, request: contract.ListOrdersRequest, call: Call) -> contract.ListOrdersResponse:
        page = page_of(request, _SORT_KEYS)
        given = order_filter(request)
        orders, token, total = await self._door.read(
            call.organization_id, lambda store: store.orders.page(call.organization_id, given, page)
        )
        return contract.ListOrdersResponse(orders=[order_to_proto(order) for order in orders], next_page_token=token, total_count=total)

    def ExportOrders(self, request: contract.ExportOrdersRequest, call: StreamCall) -> AsyncIterator[HttpBody]:
        return export_orders(request, call, self._door)

    async def RetryOrderPayment(self, request: contract.RetryOrderPaymentRequest, call: Call) -> order_pb2.Order:
        retry = order_retry(request)
        return order_to_proto(
            await retry_order_payment(call.organization_id, retry, self._clock.now(), open_store=self._door.open, payments=self._payments)
        )

    async def VoidOrder(self, request: contract.VoidOrderRequest, call: Call) -> order_pb2.Order:
        async def effect(store: PagedStore) -> order_pb2.Order:
            return order_to_proto(await void_order(UUID(request.id), self._clock.now(), store=store))

        return await self._door.write(call.organization_id, call.method, request, order_pb2.Order, effect)
