"""The payments service: charges, saves cards, and says what became of either."""

from __future__ import annotations

from bursar.payments.v1 import payment_pb2, payment_service_pb2

from services.chassis.errors import BursarError, NotFound
from services.chassis.peers import Peers
from services.checkout.clients.payments_peer import UNKNOWN, PaymentsPeer
from services.checkout.domain.checkout import Checkout
from services.checkout.domain.payment import AttemptKind, Declined, Outcome, PaymentFailure, Undecided
from services.checkout.domain.settlement import Purchase
from services.checkout.messages.checkout import with_checkout_id
from services.checkout.messages.outcome import payment_outcome, setup_outcome


class PaymentsOverGrpc:
    """Calls of the payments service for one organization after the other."""

    def __init__(self, peers: Peers) -> None:
        self._peer = PaymentsPeer(peers)

    async def attempt(self, purchase: Purchase, confirmation_token_id: str) -> Outcome:
        """Charge or save a card. A refusal of the call itself is a decline: nothing was moved."""
        checkout = purchase.checkout
        organization_id = checkout.organization_id
        try:
            if checkout.attempt_kind is AttemptKind.SETUP:
                request = _setup_request(checkout, confirmation_token_id)
                return setup_outcome(await self._peer.call_persistently("CreateSetup", request, payment_pb2.Setup, organization_id))
            charge = _charge_request(purchase, confirmation_token_id)
            return payment_outcome(await self._peer.call_persistently("CreatePayment", charge, payment_pb2.Payment, organization_id))
        except UNKNOWN:
            return Undecided()
        except BursarError as error:
            return Declined(PaymentFailure(error.reason.lower(), error.message), retryable=True)

    async def look_up(self, checkout: Checkout) -> Outcome | None:
        try:
            if checkout.attempt_kind is AttemptKind.SETUP:
                request = payment_service_pb2.LookUpSetupRequest(checkout_id=str(checkout.id), attempt=checkout.attempt)
                return setup_outcome(await self._peer.call("LookUpSetup", request, payment_pb2.Setup, checkout.organization_id))
            by_order = payment_service_pb2.LookUpPaymentRequest(order_id=str(checkout.order_id), attempt=checkout.attempt)
            return payment_outcome(await self._peer.call("LookUpPayment", by_order, payment_pb2.Payment, checkout.organization_id))
        except NotFound:
            return None

    async def give_up(self, checkout: Checkout) -> Outcome:
        """Cancels what waits for the buyer; the answer tells what it was by then. A setup has nothing to cancel."""
        if checkout.attempt_kind is AttemptKind.SETUP:
            return Declined(PaymentFailure("abandoned", "The card was not confirmed in time."), retryable=True)
        request = payment_service_pb2.CancelPaymentRequest(order_id=str(checkout.order_id), attempt=checkout.attempt)
        return payment_outcome(await self._peer.call("CancelPayment", request, payment_pb2.Payment, checkout.organization_id))


def _customer(checkout: Checkout) -> payment_service_pb2.PaymentCustomer:
    buyer = checkout.buyer
    return payment_service_pb2.PaymentCustomer(customer_id=str(buyer.customer_id), email=buyer.email or "", name=buyer.name)


def _charge_request(purchase: Purchase, confirmation_token_id: str) -> payment_service_pb2.CreatePaymentRequest:
    checkout, order = purchase.checkout, purchase.order
    return payment_service_pb2.CreatePaymentRequest(
        payment_id=str(checkout.payment_id),
        order_id=str(order.id),
        checkout_id=str(checkout.id),
        attempt=checkout.attempt,
        trigger=payment_pb2.PAYMENT_TRIGGER_PURCHASE,
        amount=order.due_amount,
        currency=order.quote.currency,
        customer=_customer(checkout),
        confirmation_token_id=confirmation_token_id,
        save_payment_method=checkout.offer.is_payment_setup_required,
        return_url=_return_url(checkout),
        description=order.placement.description,
    )


def _setup_request(checkout: Checkout, confirmation_token_id: str) -> payment_service_pb2.CreateSetupRequest:
    return payment_service_pb2.CreateSetupRequest(
        setup_id=str(checkout.payment_id),
        checkout_id=str(checkout.id),
        attempt=checkout.attempt,
        customer=_customer(checkout),
        confirmation_token_id=confirmation_token_id,
        return_url=_return_url(checkout),
    )


def _return_url(checkout: Checkout) -> str | None:
    return with_checkout_id(checkout.pages.success_url or checkout.pages.return_url, checkout)
