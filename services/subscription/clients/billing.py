"""Asks `checkout` to make orders of changes, and for discounts."""

from __future__ import annotations

from uuid import UUID

from bursar.checkout.v1 import billing_pb2, billing_service_pb2, discount_pb2, order_pb2

from services.chassis.errors import BursarError, Conflict, Exhausted, Unavailable
from services.chassis.peers import Peers
from services.subscription.convert_billing import billing_to_proto
from services.subscription.convert_change import read_charge_answer
from services.subscription.convert_price import read_applied
from services.subscription.domain.billing import Billing, BillingReason
from services.subscription.domain.debt import OrderState, SubscriptionOrder
from services.subscription.domain.discount import AppliedDiscount
from services.subscription.domain.subscription import Subscription
from services.subscription.usecases.change_ports import ChargeAnswer

CHARGE_SECONDS = 25.0
"""The processor answers within this call."""
_METHODS = billing_service_pb2.DESCRIPTOR.services_by_name["BillingService"].methods_by_name
# Nobody knows what such a call did: it may have arrived, or run beside another of the same order.
_UNKNOWN = (Unavailable, Conflict, Exhausted)


class CheckoutBilling:
    """Orders and discounts as `checkout` makes and knows them."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    async def charge(self, holds: Subscription, billing: Billing) -> ChargeAnswer:
        """Has the order made and charged. A refusal of the call itself leaves no order, which is as good as a void one."""
        request = billing_service_pb2.BillNowRequest(billing=_message(holds, billing))
        try:
            order = await self._peers.call(
                _METHODS["BillNow"], request, order_pb2.Order, organization_id=holds.organization_id, timeout_seconds=CHARGE_SECONDS
            )
        except _UNKNOWN:
            return ChargeAnswer(None)
        except BursarError as error:
            return ChargeAnswer(_never_made(holds, billing), _for_our_caller(error))
        return read_charge_answer(holds, order)

    async def quote(self, holds: Subscription, billing: Billing) -> order_pb2.Order:
        """The order that would be made, with discount, tax and balance."""
        request = billing_service_pb2.QuoteBillingRequest(billing=_message(holds, billing))
        try:
            return await self._peers.call(_METHODS["QuoteBilling"], request, order_pb2.Order, organization_id=holds.organization_id)
        except BursarError as error:
            raise _for_our_caller(error) from None

    async def redeem(self, subscription: Subscription, discount_id: UUID, request_id: str) -> AppliedDiscount:
        """Redeems a discount, once a request."""
        return await self._redeem(subscription, discount_id, request_id, validate_only=False)

    async def look_at(self, subscription: Subscription, discount_id: UUID) -> AppliedDiscount:
        """A discount as it would be redeemed, refused as it would be; nothing is counted."""
        return await self._redeem(subscription, discount_id, "preview", validate_only=True)

    async def _redeem(self, subscription: Subscription, discount_id: UUID, request_id: str, *, validate_only: bool) -> AppliedDiscount:
        request = billing_service_pb2.RedeemDiscountRequest(
            request_id=request_id,
            discount_id=str(discount_id),
            subscription_id=str(subscription.id),
            customer_id=str(subscription.customer_id),
            product_id=str(subscription.terms.product_id),
            currency=subscription.terms.currency,
            validate_only=validate_only,
        )
        answer = await self._peers.call(
            _METHODS["RedeemDiscount"], request, discount_pb2.AppliedDiscount, organization_id=subscription.organization_id
        )
        return read_applied(answer)


def _message(holds: Subscription, billing: Billing) -> billing_pb2.Billing:
    message = billing_pb2.Billing()
    billing_to_proto(holds, billing, message)
    return message


def _for_our_caller(error: BursarError) -> BursarError:
    """A refusal without the fields that it names: they are of the request that was made here, and say nothing to who asked for it."""
    error.violations = ()
    return error


def _never_made(holds: Subscription, billing: Billing) -> SubscriptionOrder:
    return SubscriptionOrder(
        organization_id=holds.organization_id,
        id=billing.order_id,
        subscription_id=holds.id,
        version=0,
        reason=BillingReason.UPDATE,
        state=OrderState.VOID,
        occurred_at=holds.modified_at,
    )
