"""The payments service: charges, saves cards, and says what became of either."""

from __future__ import annotations

import asyncio
import time
from typing import TypeVar

from bursar.payments.v1 import payment_pb2, payment_service_pb2
from google.protobuf.message import Message

from services.chassis import deadline
from services.chassis.errors import AlreadyExists, BursarError, Conflict, Exhausted, NotFound, Unavailable
from services.chassis.peers import Peers
from services.checkout.domain.checkout import Checkout
from services.checkout.domain.payment import AttemptKind, Declined, Outcome, PaymentFailure, Undecided
from services.checkout.domain.settlement import Purchase
from services.checkout.messages.checkout import with_checkout_id
from services.checkout.messages.outcome import payment_outcome, setup_outcome

M = TypeVar("M", bound=Message)

CHARGE_SECONDS = 20.0
"""The processor answers within this call."""
_PERSISTENCE_SECONDS = 6.0
"""So long an attempt is begun again when payments does not answer: it may be restarting. The attempt is the key, so it stays one."""
_PAUSE_SECONDS = (0.2, 1.0)
_METHODS = payment_service_pb2.DESCRIPTOR.services_by_name["PaymentCommandService"].methods_by_name
# Nobody knows what such a call did: it may have arrived, or run beside another of the same attempt.
_UNKNOWN = (Unavailable, Conflict, Exhausted, AlreadyExists)


class PaymentsOverGrpc:
    """Calls of the payments service for one organization after the other."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    async def attempt(self, purchase: Purchase, confirmation_token_id: str) -> Outcome:
        """Charge or save a card. A refusal of the call itself is a decline: nothing was moved."""
        checkout = purchase.checkout
        try:
            if checkout.attempt_kind is AttemptKind.SETUP:
                request = _setup_request(checkout, confirmation_token_id)
                return setup_outcome(await self._persistently("CreateSetup", request, payment_pb2.Setup, checkout))
            charge = _charge_request(purchase, confirmation_token_id)
            return payment_outcome(await self._persistently("CreatePayment", charge, payment_pb2.Payment, checkout))
        except _UNKNOWN:
            return Undecided()
        except BursarError as error:
            return Declined(PaymentFailure(error.reason.lower(), error.message), retryable=True)

    async def look_up(self, checkout: Checkout) -> Outcome | None:
        try:
            if checkout.attempt_kind is AttemptKind.SETUP:
                request = payment_service_pb2.LookUpSetupRequest(checkout_id=str(checkout.id), attempt=checkout.attempt)
                return setup_outcome(await self._call("LookUpSetup", request, payment_pb2.Setup, checkout))
            by_order = payment_service_pb2.LookUpPaymentRequest(order_id=str(checkout.order_id), attempt=checkout.attempt)
            return payment_outcome(await self._call("LookUpPayment", by_order, payment_pb2.Payment, checkout))
        except NotFound:
            return None

    async def give_up(self, checkout: Checkout) -> Outcome:
        """Cancels what waits for the buyer; the answer tells what it was by then. A setup has nothing to cancel."""
        if checkout.attempt_kind is AttemptKind.SETUP:
            return Declined(PaymentFailure("abandoned", "The card was not confirmed in time."), retryable=True)
        request = payment_service_pb2.CancelPaymentRequest(order_id=str(checkout.order_id), attempt=checkout.attempt)
        return payment_outcome(await self._call("CancelPayment", request, payment_pb2.Payment, checkout))

    async def _persistently(self, method: str, request: Message, answer: type[M], checkout: Checkout) -> M:
        until = time.monotonic() + min(_PERSISTENCE_SECONDS, deadline.remaining_seconds() / 2)
        pause = _PAUSE_SECONDS[0]
        while True:
            try:
                return await self._call(method, request, answer, checkout)
            except Unavailable:
                if time.monotonic() + pause > until:
                    raise
            await asyncio.sleep(pause)
            pause = min(2 * pause, _PAUSE_SECONDS[1])

    async def _call(self, method: str, request: Message, answer: type[M], checkout: Checkout) -> M:
        return await self._peers.call(
            _METHODS[method], request, answer, organization_id=checkout.organization_id, timeout_seconds=CHARGE_SECONDS
        )


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
