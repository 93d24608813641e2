"""The service's doors over a real database, with stand-ins around it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from bursar.checkout.v1 import checkout_pb2, checkout_service_pb2, product_pb2, product_service_pb2
from bursar.types.v1 import address_pb2, intervals_pb2
from google.protobuf.message import Message

from services.chassis.call import Call
from services.chassis.clock import ManualClock
from services.chassis.event import Event
from services.chassis.identity import CallerKind, Identity
from services.chassis.organization_clock import OrganizationClock
from services.checkout.api.balances import CustomerBalanceServicer
from services.checkout.api.billing import BillingServicer
from services.checkout.api.checkouts import CheckoutClientServicer, CheckoutServicer, Outside
from services.checkout.api.customers import CustomerServicer
from services.checkout.api.discounts import DiscountServicer
from services.checkout.api.door import Door
from services.checkout.api.orders import OrderServicer
from services.checkout.api.products import ProductServicer
from services.checkout.app import stores
from services.checkout.events.consumed import reactions
from services.checkout.storage.store import TransactionStore
from services.checkout.tax.calculator import BuiltInTaxCalculator
from services.checkout.tax.rates import load_rates
from services.checkout.tax.tax_ids import StandardTaxIds
from services.checkout.tests.builders import NOW
from services.checkout.tests.fakes import FakeCharges, FakeDirectory, FakePayments, FakeSubscriptions
from tests.support.databases import ServiceDatabase

ADDRESS = address_pb2.Address(country="DE")


@dataclass
class Shop:
    """One organization's view of the service."""

    database: ServiceDatabase
    organization_id: UUID = field(default_factory=uuid4)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    payments: FakePayments = field(default_factory=FakePayments)
    subscriptions: FakeSubscriptions = field(default_factory=FakeSubscriptions)
    charges: FakeCharges = field(default_factory=FakeCharges)
    directory: FakeDirectory = field(default_factory=FakeDirectory)

    def __post_init__(self) -> None:
        self.taxes, self.woken = BuiltInTaxCalculator(load_rates()), asyncio.Event()
        outside = Outside(self.taxes, StandardTaxIds(), self.payments, self.subscriptions)
        self.store_of = stores(OrganizationClock(self.clock))
        door = Door(self.database.app, self.store_of, self.directory)
        self.products = ProductServicer(door)
        self.discounts = DiscountServicer(door)
        self.customers = CustomerServicer(door, outside.tax_ids)
        self.checkouts = CheckoutServicer(door, outside)
        self.client = CheckoutClientServicer(door, outside)
        self.orders = OrderServicer(door, self.charges, self.clock)
        self.billing = BillingServicer(door, outside.taxes, self.charges, self.clock)
        self.balances = CustomerBalanceServicer(door)

    def call(self, method: str = "test") -> Call:
        return Call(method, Identity(CallerKind.ORGANIZATION, "token", self.organization_id, frozenset({"*"})), {})

    async def react(self, kind: str, *messages: Message, version: int = 1) -> list[UUID]:
        """Have the service hear facts of one kind, in one batch; the subject ids of those that came too early."""
        told = reactions(self.store_of, self.clock, self.taxes, self.woken.set)
        (reaction,) = [each for each in told if each.type == kind]
        events: list[Event[Any]] = [Event(uuid4(), kind, self.organization_id, uuid4(), version, NOW, message) for message in messages]
        async with self.database.worker.transaction() as transaction:
            early = await reaction.handle(transaction, events)
        return [event.subject_id for event in early or ()]

    @asynccontextmanager
    async def open_all(self, organization_id: UUID | None = None) -> AsyncIterator[TransactionStore]:
        async with self.database.worker.transaction(organization_id) as transaction:
            yield self.store_of(transaction)

    async def product(self, amount: int = 1000, *, monthly: bool = False, trial_days: int = 0) -> product_pb2.Product:
        request = product_service_pb2.CreateProductRequest(request_id=str(uuid4()), name="Handbook")
        request.prices.add(price_currency="eur").fixed.price_amount = amount
        if monthly:
            request.recurring_interval = intervals_pb2.RECURRING_INTERVAL_MONTH
        if trial_days:
            request.trial_interval, request.trial_interval_count = intervals_pb2.RECURRING_INTERVAL_DAY, trial_days
        return await self.products.CreateProduct(request, self.call())

    async def checkout(self, product: product_pb2.Product, **fields: Any) -> checkout_pb2.Checkout:
        given = {"customer_email": "ada@example.com", "customer_billing_address": ADDRESS, **fields}
        request = checkout_service_pb2.CreateCheckoutRequest(request_id=str(uuid4()), product_ids=[product.id], **given)
        return await self.checkouts.CreateCheckout(request, self.call())

    async def confirm(self, checkout: checkout_pb2.Checkout, **fields: Any) -> checkout_pb2.Checkout:
        given = {"request_id": str(uuid4()), "confirmation_token_id": "ctoken_test", **fields}
        request = checkout_service_pb2.ConfirmClientCheckoutRequest(client_secret=checkout.client_secret, **given)
        return await self.client.ConfirmClientCheckout(request, Call("confirm", None, {}))

    @asynccontextmanager
    async def open(self) -> AsyncIterator[TransactionStore]:
        async with self.database.app.transaction(self.organization_id) as transaction:
            yield self.store_of(transaction)

    async def facts(self) -> list[str]:
        """Types of all facts published so far, in order."""
        return [row["type"] for row in await self.sql("select type from outbox order by position")]

    async def sql(self, text: str) -> list[dict[str, Any]]:
        """Rows of a query over this organization."""
        async with self.database.app.transaction(self.organization_id) as transaction:
            cursor = await transaction.connection.execute(text.encode())
            return await cursor.fetchall()
