"""bursar.checkout.v1.BillingService: what subscriptions ask."""

from __future__ import annotations

from uuid import UUID

from bursar.checkout.v1 import billing_service_pb2 as contract
from bursar.checkout.v1 import customer_pb2, discount_pb2, order_pb2

from services.chassis.call import Call
from services.chassis.clock import Clock
from services.checkout.api.door import Door
from services.checkout.api.rooms import PagedStore
from services.checkout.domain.errors import CustomerEmailTaken
from services.checkout.messages.billing import billing_from_proto
from services.checkout.messages.customer import customer_to_proto
from services.checkout.messages.discount import applied_discount_to_proto
from services.checkout.messages.order import order_to_proto, quote_to_proto
from services.checkout.messages.types import text_of
from services.checkout.usecases.bill_now import bill_now
from services.checkout.usecases.outside_ports import ChargesOutside, TaxCalculator
from services.checkout.usecases.quote_billing import quote_billing
from services.checkout.usecases.redeem_discount import Wanted, redeem_discount
from services.checkout.usecases.take_customer import take_by_email


class BillingServicer:
    """Orders, discounts and customers of subscriptions."""

    def __init__(self, door: Door, taxes: TaxCalculator, payments: ChargesOutside, clock: Clock) -> None:
        self._door = door
        self._taxes = taxes
        self._payments = payments
        self._clock = clock

    async def QuoteBilling(self, request: contract.QuoteBillingRequest, call: Call) -> order_pb2.Order:
        billing = billing_from_proto(request.billing, call.organization_id)

        async def work(store: PagedStore) -> order_pb2.Order:
            return quote_to_proto(await quote_billing(billing, store=store, taxes=self._taxes))

        return await self._door.knowing(call.organization_id, lambda: self._door.read(call.organization_id, work))

    async def BillNow(self, request: contract.BillNowRequest, call: Call) -> order_pb2.Order:
        billing = billing_from_proto(request.billing, call.organization_id)
        order = await self._door.knowing(
            call.organization_id,
            lambda: bill_now(billing, self._clock.now(), open_store=self._door.open, payments=self._payments, taxes=self._taxes),
        )
        return order_to_proto(order)

    async def RedeemDiscount(self, request: contract.RedeemDiscountRequest, call: Call) -> discount_pb2.AppliedDiscount:
        # The request is known by the subscription and the discount too: another subscription's is another request.
        scope = f"{call.method}/{request.subscription_id}/{request.discount_id}"
        wanted = Wanted(
            UUID(request.subscription_id),
            request.request_id,
            UUID(request.discount_id),
            UUID(request.customer_id),
            UUID(request.product_id),
            request.currency,
            request.validate_only,
        )

        async def effect(store: PagedStore) -> discount_pb2.AppliedDiscount:
            redeemed = applied_discount_to_proto(await redeem_discount(call.organization_id, wanted, store=store))
            assert redeemed is not None
            return redeemed

        if request.validate_only:
            return await self._door.read(call.organization_id, effect)
        return await self._door.write(call.organization_id, scope, request, discount_pb2.AppliedDiscount, effect)

    async def TakeCustomer(self, request: contract.TakeCustomerRequest, call: Call) -> customer_pb2.Customer:
        async def work(store: PagedStore) -> customer_pb2.Customer:
            return customer_to_proto(await take_by_email(request.email, text_of(request, "name"), call.organization_id, store=store))

        try:
            return await self._door.read(call.organization_id, work)
        except CustomerEmailTaken:  # by a rival, a moment ago
            return await self._door.read(call.organization_id, work)
