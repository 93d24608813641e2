"""SubscriptionService, for organizations: what subscriptions are for, when they are billed, and previews of both.

A change asks the other services first, decides in a transaction, and is charged after it: the transaction is the record of the request,
so whoever repeats the request goes on where the first call came to, with the same order.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol
from uuid import UUID

from bursar.checkout.v1.order_pb2 import Order
from bursar.subscription.v1 import subscription_service_pb2 as pb
from bursar.subscription.v1.subscription_pb2 import Subscription as SubscriptionMessage

from services.chassis.call import Call
from services.chassis.database import Database, Transaction
from services.chassis.idempotency import once
from services.chassis.ids import new_id, parse_id
from services.chassis.metadata import read_metadata
from services.chassis.organization_clock import OrganizationClock
from services.subscription.convert import subscription_to_proto
from services.subscription.convert_change import (
    preview_to_proto,
    read_behavior,
    read_discount_id,
    read_product_id,
    read_wish,
)
from services.subscription.domain.billing import Billing
from services.subscription.domain.change_decision import check_changeable
from services.subscription.domain.cycle import Situation
from services.subscription.domain.errors import SubscriptionNotFound
from services.subscription.domain.preview import Preview, previewed_cancellation, previewed_charge
from services.subscription.domain.story import latest
from services.subscription.domain.subscription import Subscription
from services.subscription.usecases.apply_change import AskedChange, apply_change
from services.subscription.usecases.apply_charge import Charging, apply_charge
from services.subscription.usecases.change_ports import Charges, Discounts, Products
from services.subscription.usecases.change_subscription import locked
from services.subscription.usecases.create_subscription import FreeSubscription, create_subscription
from services.subscription.usecases.ports import StoreOf, SubscriptionKey
from services.subscription.usecases.preview_change import preview_change, preview_due
from services.subscription.usecases.seat_ports import CustomerDirectory, SeatStoreOf

_Command = pb.ChangeSubscriptionRequest | pb.CreateSubscriptionRequest


class Quotes(Protocol):
    """Orders that would be made, as `checkout` shows them."""

    async def quote(self, holds: Subscription, billing: Billing) -> Order: ...


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The other services, as changes need them."""

    products: Products
    discounts: Discounts
    charges: Charges
    quotes: Quotes
    customers: CustomerDirectory


class _Unknown(Exception):
    """The request was not answered before; nothing of this look at it is kept."""


@dataclass(frozen=True, kw_only=True)
class SubscriptionChanges:
    """Every method works on the caller's organization."""

    database: Database
    store_of: StoreOf
    seats_of: SeatStoreOf
    clock: OrganizationClock
    ask: Neighbours

    async def ChangeSubscription(self, request: pb.ChangeSubscriptionRequest, call: Call) -> SubscriptionMessage:
        key = (call.organization_id, parse_id(request.id, "id"))
        answer = await self._answered(request, call, partial(self._check_changeable, key))
        if answer is None:
            answer = await self._decided(request, call, key)
        if not answer.HasField("charging_update"):
            return answer
        return await self._charged(key, UUID(answer.charging_update.order_id))

    async def PreviewChange(self, request: pb.PreviewChangeRequest, call: Call) -> pb.BillingPreview:
        key = (call.organization_id, parse_id(request.id, "id"))
        discount_id = read_discount_id(request.change)
        product_id = read_product_id(request.change)
        if product_id or discount_id:  # what forbids the change anyway is said before anybody is asked, as by the change itself
            async with self.database.transaction(call.organization_id) as transaction:
                await self._check_changeable(key, transaction)
        product = await self.ask.products.get(key[0], product_id) if product_id else None
        applied = await self.ask.discounts.look_at(await self._get(key), discount_id) if discount_id else None
        asked = AskedChange(read_wish(request.change, product, applied), read_behavior(request.proration_behavior))
        async with self.database.transaction(call.organization_id) as transaction:
            now, store, seats = await self.clock.now(transaction, key[0]), self.store_of(transaction), self.seats_of(transaction).seats
            preview = await preview_change(key, asked, now, new_id, store=store, seats=seats)
        return await self._quoted(preview)

    async def PreviewCharge(self, request: pb.PreviewChargeRequest, call: Call) -> pb.BillingPreview:
        return await self._preview(request.id, call, previewed_charge)

    async def PreviewCancel(self, request: pb.PreviewCancelRequest, call: Call) -> pb.BillingPreview:
        return await self._preview(request.id, call, previewed_cancellation)

    async def CreateSubscription(self, request: pb.CreateSubscriptionRequest, call: Call) -> SubscriptionMessage:
        answer = await self._answered(request, call, _nothing_forbids)
        if answer is not None:
            return answer
        asked = await self._asked_for_free(request, call.organization_id)
        async with self.database.transaction(call.organization_id) as transaction:
            effect = partial(self._created, transaction, asked)
            return await once(transaction, call.organization_id, call.method, request, SubscriptionMessage, effect)

    async def _answered(self, request: _Command, call: Call, check: Callable[[Transaction], Awaitable[None]]) -> SubscriptionMessage | None:
        """What the request was answered before, if it was; if not, what forbids it anyway is said before anybody is asked."""

        async def look() -> SubscriptionMessage:
            await check(transaction)
            raise _Unknown

        try:
            async with self.database.transaction(call.organization_id) as transaction:
                return await once(transaction, call.organization_id, call.method, request, SubscriptionMessage, look)
        except _Unknown:
            return None

    async def _check_changeable(self, key: SubscriptionKey, transaction: Transaction) -> None:
        now, store = await self.clock.now(transaction, key[0]), self.store_of(transaction)
        before, due, _ = await locked(*key, now, new_id, store=store)
        check_changeable(latest(before, due))

    async def _decided(self, request: pb.ChangeSubscriptionRequest, call: Call, key: SubscriptionKey) -> SubscriptionMessage:
        asked = await self._asked(request, key)
        async with self.database.transaction(call.organization_id) as transaction:
            effect = partial(self._applied, transaction, key, asked)
            return await once(transaction, call.organization_id, call.method, request, SubscriptionMessage, effect)

    async def _asked(self, request: pb.ChangeSubscriptionRequest, key: SubscriptionKey) -> AskedChange:
        """What the request asks for, with what only the other services know."""
        product_id, discount_id = read_product_id(request.change), read_discount_id(request.change)
        product = await self.ask.products.get(key[0], product_id) if product_id else None
        applied = await self.ask.discounts.redeem(await self._get(key), discount_id, request.request_id) if discount_id else None
        return AskedChange(read_wish(request.change, product, applied), read_behavior(request.proration_behavior))

    async def _applied(self, transaction: Transaction, key: SubscriptionKey, asked: AskedChange) -> SubscriptionMessage:
        now, store, seats = await self.clock.now(transaction, key[0]), self.store_of(transaction), self.seats_of(transaction).seats
        return subscription_to_proto(await apply_change(key, asked, now, new_id, store=store, seats=seats))

    async def _charged(self, key: SubscriptionKey, order_id: UUID) -> SubscriptionMessage:
        """The subscription after its change was charged, with `charging_update` where nobody knows. PaymentFailed."""
        charging = Charging(database=self.database, store_of=self.store_of, clock=self.clock, charges=self.ask.charges)
        return subscription_to_proto(await apply_charge(key, order_id, charging))

    async def _preview(self, subscription_id: str, call: Call, preview: Callable[[Subscription, Situation], Preview]) -> pb.BillingPreview:
        key = (call.organization_id, parse_id(subscription_id, "id"))
        async with self.database.transaction(call.organization_id) as transaction:
            now = await self.clock.now(transaction, key[0])
            found = await preview_due(key, preview, now, new_id, store=self.store_of(transaction))
        return await self._quoted(found)

    async def _quoted(self, preview: Preview) -> pb.BillingPreview:
        order = await self.ask.quotes.quote(preview.subscription, preview.billing) if preview.billing else None
        return preview_to_proto(preview, order)

    async def _asked_for_free(self, request: pb.CreateSubscriptionRequest, organization_id: UUID) -> FreeSubscription:
        metadata = read_metadata(request.metadata)
        product = await self.ask.products.get(organization_id, parse_id(request.product_id, "product_id"))
        if request.WhichOneof("customer") == "customer_id":
            customer = await self.ask.customers.get(organization_id, parse_id(request.customer_id, "customer_id"))
        else:
            customer = await self.ask.customers.get_by_external_id(organization_id, request.external_customer_id)
        return FreeSubscription(new_id(), organization_id, product, customer, metadata)

    async def _created(self, transaction: Transaction, asked: FreeSubscription) -> SubscriptionMessage:
        now = await self.clock.now(transaction, asked.organization_id)
        return subscription_to_proto(await create_subscription(asked, now, store=self.store_of(transaction)))

    async def _get(self, key: SubscriptionKey) -> Subscription:
        async with self.database.transaction(key[0]) as transaction:
            subscription = await self.store_of(transaction).subscriptions.get(*key)
        if subscription is None:
            raise SubscriptionNotFound(key[1])
        return subscription


async def _nothing_forbids(transaction: Transaction) -> None:
    """What can be wrong is the other services' to say."""
