"""PaymentService and PaymentCommandService."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from bursar.payments.v1 import payment_pb2, payment_service_pb2

from services.chassis.call import Call
from services.chassis.pagination import page_of
from services.payments.api import convert
from services.payments.domain.attempt import Kind
from services.payments.usecases.asks import Asks
from services.payments.usecases.cancel_payment import cancel_payment
from services.payments.usecases.create_attempt import create_attempt
from services.payments.usecases.create_payments import create_payments
from services.payments.usecases.look_up_attempt import look_up_attempt
from services.payments.usecases.ports import Ports
from services.payments.usecases.read_payments import get_payment, list_payments

_SORT_KEYS = ("created_at", "status", "amount", "method")


class PaymentServicer:
    """Payments, to read."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def GetPayment(self, request: payment_service_pb2.GetPaymentRequest, call: Call) -> payment_pb2.Payment:
        payment = await get_payment(self._ports, call.organization_id, UUID(request.id))
        return convert.payment_message(payment)

    async def ListPayments(self, request: payment_service_pb2.ListPaymentsRequest, call: Call) -> payment_service_pb2.ListPaymentsResponse:
        page, filters = page_of(request, _SORT_KEYS), convert.payment_filters(request)
        payments, token, total = await list_payments(self._ports, call.organization_id, page, filters)
        messages = [convert.payment_message(payment) for payment in payments]
        return payment_service_pb2.ListPaymentsResponse(payments=messages, next_page_token=token, total_count=total)


class PaymentCommandServicer:
    """Commands of the suite's own services. `wake_lane`: charges were queued."""

    def __init__(self, ports: Ports, asks: Asks, wake_lane: Callable[[], None]) -> None:
        self._ports = ports
        self._asks = asks
        self._wake_lane = wake_lane

    async def CreatePayment(self, request: payment_service_pb2.CreatePaymentRequest, call: Call) -> payment_pb2.Payment:
        payment = await create_attempt(self._ports, self._asks, convert.new_payment(call.organization_id, request))
        return convert.payment_message(payment, with_action=True)

    async def CreatePayments(
        self, request: payment_service_pb2.CreatePaymentsRequest, call: Call
    ) -> payment_service_pb2.CreatePaymentsResponse:
        await create_payments(self._ports, call.organization_id, convert.new_payments(call.organization_id, request))
        self._wake_lane()
        return payment_service_pb2.CreatePaymentsResponse()

    async def LookUpPayment(self, request: payment_service_pb2.LookUpPaymentRequest, call: Call) -> payment_pb2.Payment:
        subject = (Kind.PAYMENT, UUID(request.order_id), request.attempt)
        payment = await look_up_attempt(self._ports, self._asks, call.organization_id, *subject)
        return convert.payment_message(payment, with_action=True)

    async def CancelPayment(self, request: payment_service_pb2.CancelPaymentRequest, call: Call) -> payment_pb2.Payment:
        payment = await cancel_payment(self._ports, self._asks, call.organization_id, UUID(request.order_id), request.attempt)
        return convert.payment_message(payment)

    async def CreateSetup(self, request: payment_service_pb2.CreateSetupRequest, call: Call) -> payment_pb2.Setup:
        setup = await create_attempt(self._ports, self._asks, convert.new_setup(call.organization_id, request))
        return convert.setup_message(setup)

    async def LookUpSetup(self, request: payment_service_pb2.LookUpSetupRequest, call: Call) -> payment_pb2.Setup:
        subject = (Kind.SETUP, UUID(request.checkout_id), request.attempt)
        setup = await look_up_attempt(self._ports, self._asks, call.organization_id, *subject)
        return convert.setup_message(setup)
