"""The payments service, asked to charge orders that no checkout drives."""

from __future__ import annotations

from collections.abc import Sequence

from bursar.payments.v1 import payment_pb2, payment_service_pb2

from services.chassis.errors import BursarError, NotFound
from services.chassis.ids import id_text
from services.chassis.peers import Peers
from services.checkout.clients.payments_peer import UNKNOWN, PaymentsPeer
from services.checkout.domain.charge import Charge, ChargeTrigger
from services.checkout.domain.payment import Declined, Outcome, PaymentFailure, Undecided
from services.checkout.messages.outcome import payment_outcome
from services.checkout.usecases.order_ports import Bill

_LONGEST_DESCRIPTION = 500
_TRIGGERS = {
    ChargeTrigger.BILLING: payment_pb2.PAYMENT_TRIGGER_SUBSCRIPTION_CYCLE,
    ChargeTrigger.CHANGE: payment_pb2.PAYMENT_TRIGGER_PURCHASE,
    ChargeTrigger.DUNNING: payment_pb2.PAYMENT_TRIGGER_RETRY_DUNNING,
    ChargeTrigger.NEW_CARD: payment_pb2.PAYMENT_TRIGGER_RETRY_DUNNING,
    ChargeTrigger.CUSTOMER: payment_pb2.PAYMENT_TRIGGER_RETRY_CUSTOMER,
}


class ChargesOverGrpc:
    """Charges of saved cards, by the hundred or one by one; and of a card that a buyer brings."""

    def __init__(self, peers: Peers) -> None:
        self._peer = PaymentsPeer(peers)

    async def ask(self, charges: Sequence[tuple[Charge, Bill]]) -> None:
        request = payment_service_pb2.CreatePaymentsRequest(payments=[_request(charge, bill) for charge, bill in charges])
        organization_id = charges[0][0].organization_id
        await self._peer.call("CreatePayments", request, payment_service_pb2.CreatePaymentsResponse, organization_id)

    async def charge(self, charge: Charge, bill: Bill, confirmation_token_id: str | None, return_url: str | None) -> Outcome:
        """A refusal of the call itself is a decline: nothing was moved."""
        request = _request(charge, bill)
        if confirmation_token_id:
            request.confirmation_token_id = confirmation_token_id
            request.save_payment_method = True
        if return_url:
            request.return_url = return_url
        try:
            payment = await self._peer.call_persistently("CreatePayment", request, payment_pb2.Payment, charge.organization_id)
        except UNKNOWN:
            return Undecided()
        except BursarError as error:
            return Declined(PaymentFailure(error.reason.lower(), error.message), retryable=True)
        return payment_outcome(payment)

    async def look_up(self, charge: Charge) -> Outcome | None:
        request = payment_service_pb2.LookUpPaymentRequest(order_id=str(charge.order_id), attempt=charge.attempt)
        try:
            return payment_outcome(await self._peer.call("LookUpPayment", request, payment_pb2.Payment, charge.organization_id))
        except NotFound:
            return None

    async def give_up(self, charge: Charge) -> Outcome:
        request = payment_service_pb2.CancelPaymentRequest(order_id=str(charge.order_id), attempt=charge.attempt)
        return payment_outcome(await self._peer.call("CancelPayment", request, payment_pb2.Payment, charge.organization_id))


def _request(charge: Charge, bill: Bill) -> payment_service_pb2.CreatePaymentRequest:
    return payment_service_pb2.CreatePaymentRequest(
        payment_id=str(charge.payment_id),
        order_id=str(charge.order_id),
        attempt=charge.attempt,
        trigger=_TRIGGERS[charge.trigger],
        amount=bill.amount,
        currency=bill.currency,
        customer=payment_service_pb2.PaymentCustomer(customer_id=str(bill.customer_id), email=bill.email, name=bill.name),
        saved_payment_method=payment_service_pb2.SavedPaymentMethod(preferred_payment_method_id=id_text(bill.payment_method_id)),
        description=bill.description[:_LONGEST_DESCRIPTION],
    )
