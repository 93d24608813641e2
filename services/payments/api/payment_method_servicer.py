"""PaymentMethodService."""

from __future__ import annotations

from uuid import UUID

from bursar.payments.v1 import payment_method_pb2, payment_method_service_pb2

from services.chassis import idempotency
from services.chassis.call import Call
from services.chassis.pagination import page_of
from services.payments.api import convert
from services.payments.usecases.delete_payment_method import delete_payment_method
from services.payments.usecases.ports import Ports
from services.payments.usecases.read_payment_methods import get_payment_method, list_payment_methods


class PaymentMethodServicer:
    """Saved payment methods."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def GetPaymentMethod(
        self, request: payment_method_service_pb2.GetPaymentMethodRequest, call: Call
    ) -> payment_method_pb2.PaymentMethod:
        method = await get_payment_method(self._ports, call.organization_id, UUID(request.id))
        return convert.payment_method_message(method)

    async def ListPaymentMethods(
        self, request: payment_method_service_pb2.ListPaymentMethodsRequest, call: Call
    ) -> payment_method_service_pb2.ListPaymentMethodsResponse:
        methods, token = await list_payment_methods(self._ports, call.organization_id, UUID(request.customer_id), page_of(request))
        messages = [convert.payment_method_message(method) for method in methods]
        return payment_method_service_pb2.ListPaymentMethodsResponse(payment_methods=messages, next_page_token=token)

    async def DeletePaymentMethod(
        self, request: payment_method_service_pb2.DeletePaymentMethodRequest, call: Call
    ) -> payment_method_pb2.PaymentMethod:
        organization_id = call.organization_id
        async with self._ports.database.transaction(organization_id) as transaction:

            async def effect() -> payment_method_pb2.PaymentMethod:
                method = await delete_payment_method(self._ports, transaction, organization_id, UUID(request.id))
                return convert.payment_method_message(method)

            return await idempotency.once(transaction, organization_id, call.method, request, payment_method_pb2.PaymentMethod, effect)
