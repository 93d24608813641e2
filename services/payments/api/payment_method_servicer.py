"""PaymentMethodService."""

from __future__ import annotations

from uuid import UUID

from bursar.payments.v1 import payment_method_pb2, payment_method_service_pb2, payment_pb2

from services.chassis import idempotency
from services.chassis.call import Call
from services.chassis.pagination import page_of
from services.payments.api import convert
from services.payments.usecases.asks import Asks
from services.payments.usecases.create_attempt import Begun, answered
from services.payments.usecases.create_payment_method import create_payment_method, find_setup
from services.payments.usecases.delete_payment_method import delete_payment_method
from services.payments.usecases.ports import Ports
from services.payments.usecases.read_payment_methods import get_payment_method, list_payment_methods
from services.payments.usecases.set_default_payment_method import set_default_payment_method


class PaymentMethodServicer:
    """Saved payment methods."""

    def __init__(self, ports: Ports, asks: Asks) -> None:
        self._ports = ports
        self._asks = asks

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

    async def CreatePaymentMethod(self, request: payment_method_service_pb2.CreatePaymentMethodRequest, call: Call) -> payment_pb2.Setup:
        organization_id = call.organization_id
        customer = await self._ports.customer_of(organization_id, UUID(request.customer_id))
        begun: Begun | None = None
        async with self._ports.database.transaction(organization_id) as transaction:

            async def effect() -> payment_pb2.Setup:
                nonlocal begun
                source, return_url = request.confirmation_token_id, request.return_url or None
                begun = await create_payment_method(self._ports, transaction, customer, source, return_url)
                return convert.setup_message(begun.attempt)

            first = await idempotency.once(transaction, organization_id, call.method, request, payment_pb2.Setup, effect)
        # The first answer names the setup; how far it has come since is asked for.
        begun = begun or await find_setup(self._ports, organization_id, UUID(first.id), customer)
        return convert.setup_message(await answered(self._ports, self._asks, begun))

    async def SetDefaultPaymentMethod(
        self, request: payment_method_service_pb2.SetDefaultPaymentMethodRequest, call: Call
    ) -> payment_method_pb2.PaymentMethod:
        organization_id = call.organization_id
        async with self._ports.database.transaction(organization_id) as transaction:

            async def effect() -> payment_method_pb2.PaymentMethod:
                method = await set_default_payment_method(self._ports, transaction, organization_id, UUID(request.id))
                return convert.payment_method_message(method)

            return await idempotency.once(transaction, organization_id, call.method, request, payment_method_pb2.PaymentMethod, effect)

    async def DeletePaymentMethod(
        self, request: payment_method_service_pb2.DeletePaymentMethodRequest, call: Call
    ) -> payment_method_pb2.PaymentMethod:
        organization_id = call.organization_id
        async with self._ports.database.transaction(organization_id) as transaction:

            async def effect() -> payment_method_pb2.PaymentMethod:
                method = await delete_payment_method(self._ports, transaction, organization_id, UUID(request.id))
                return convert.payment_method_message(method)

            return await idempotency.once(transaction, organization_id, call.method, request, payment_method_pb2.PaymentMethod, effect)
