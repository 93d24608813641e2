"""Composition root of checkout: the only file that knows every room."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

from bursar.checkout.v1 import (
    billing_service_pb2,
    checkout_service_pb2,
    customer_balance_service_pb2,
    customer_service_pb2,
    discount_service_pb2,
    order_service_pb2,
    product_service_pb2,
)
from google.protobuf.descriptor import ServiceDescriptor

from services.chassis.background import Background
from services.chassis.clock import Clock
from services.chassis.database import Transaction
from services.chassis.organization_clock import OrganizationClock
from services.chassis.run import Parts, Schedule, Service, command_line
from services.chassis.sweep import Sweep
from services.checkout.api.balances import CustomerBalanceServicer
from services.checkout.api.billing import BillingServicer
from services.checkout.api.checkouts import CheckoutClientServicer, CheckoutServicer, Outside
from services.checkout.api.customers import CustomerServicer
from services.checkout.api.discounts import DiscountServicer
from services.checkout.api.door import Door
from services.checkout.api.orders import OrderServicer
from services.checkout.api.products import ProductServicer
from services.checkout.clients.charges import ChargesOverGrpc
from services.checkout.clients.organizations import OrganizationsOverGrpc
from services.checkout.clients.payments import PaymentsOverGrpc
from services.checkout.clients.subscriptions import SubscriptionsOverGrpc
from services.checkout.clockwork import clockwork
from services.checkout.events.consumed import reactions
from services.checkout.events.published import to_fact
from services.checkout.settings import CheckoutSettings
from services.checkout.storage.store import TransactionStore
from services.checkout.tax.calculator import BuiltInTaxCalculator
from services.checkout.tax.rates import load_rates
from services.checkout.tax.tax_ids import StandardTaxIds
from services.checkout.usecases.ask_charges import ask_charges
from services.checkout.usecases.expire_checkouts import expire_checkouts
from services.checkout.usecases.outside_ports import ChargesOutside
from services.checkout.usecases.ports import OpenStore, Store
from services.checkout.usecases.resolve_attempts import resolve_attempts
from services.checkout.usecases.resolve_charges import resolve_charges
from services.checkout.usecases.retry_due_orders import retry_due_orders


def stores(clock: OrganizationClock) -> Callable[[Transaction], TransactionStore]:
    """The rows, facts and time of one transaction."""
    return lambda transaction: TransactionStore(transaction, to_fact, clock)


async def compose(parts: Parts) -> Service:
    """The service from its parts."""
    outside = Outside(
        taxes=BuiltInTaxCalculator(load_rates()),
        tax_ids=StandardTaxIds(),
        payments=PaymentsOverGrpc(parts.peers),
        subscriptions=SubscriptionsOverGrpc(parts.peers),
    )
    store_of = stores(parts.organization_clock)
    door = Door(parts.database, store_of, OrganizationsOverGrpc(parts.peers))
    charges, open_store = ChargesOverGrpc(parts.peers), _all_organizations(parts)
    assert isinstance(parts.settings, CheckoutSettings)

    async def ask() -> int:
        return await ask_charges(parts.clock.now(), open_store=open_store, payments=charges)

    lane = Background("ask-charges", ask, every_seconds=parts.settings.charge_every_seconds, linger_seconds=0.0)
    return Service(
        servicers=_servicers(door, outside, charges, parts.clock),
        reactions=reactions(store_of, parts.clock, outside.taxes, lane.wake),
        schedules=_schedules(parts, outside, charges, lane),
        tasks=[lane.run],
        clockwork=clockwork(store_of, open_store, outside.payments, charges, parts.clock, lane.wake),
    )


def _servicers(door: Door, outside: Outside, charges: ChargesOutside, clock: Clock) -> list[tuple[ServiceDescriptor, object]]:
    checkout = checkout_service_pb2.DESCRIPTOR.services_by_name
    return [
        (product_service_pb2.DESCRIPTOR.services_by_name["ProductService"], ProductServicer(door)),
        (discount_service_pb2.DESCRIPTOR.services_by_name["DiscountService"], DiscountServicer(door)),
        (customer_service_pb2.DESCRIPTOR.services_by_name["CustomerService"], CustomerServicer(door, outside.tax_ids)),
        (checkout["CheckoutService"], CheckoutServicer(door, outside)),
        (checkout["CheckoutClientService"], CheckoutClientServicer(door, outside)),
        (order_service_pb2.DESCRIPTOR.services_by_name["OrderService"], OrderServicer(door, charges, clock)),
        (billing_service_pb2.DESCRIPTOR.services_by_name["BillingService"], BillingServicer(door, outside.taxes, charges, clock)),
        (customer_balance_service_pb2.DESCRIPTOR.services_by_name["CustomerBalanceService"], CustomerBalanceServicer(door)),
    ]


def _schedules(parts: Parts, outside: Outside, charges: ChargesOutside, lane: Background) -> list[Schedule]:
    assert isinstance(parts.settings, CheckoutSettings)
    open_store, dunning = _all_organizations(parts), Sweep("dunning")

    async def expire() -> None:
        while await expire_checkouts(parts.clock.now(), open_store=open_store):
            pass

    async def resolve() -> None:
        await resolve_attempts(parts.clock.now(), open_store=open_store, payments=outside.payments)
        if await resolve_charges(parts.clock.now(), open_store=open_store, payments=charges):
            lane.wake()

    async def retry() -> None:
        if await retry_due_orders(parts.clock.now(), open_store=open_store, sweep=dunning):
            lane.wake()

    return [
        Schedule("expire-checkouts", parts.settings.expiry_every_seconds, expire),
        Schedule("retry-orders", parts.settings.retry_every_seconds, retry),
        Schedule("resolve-attempts", parts.settings.resolve_every_seconds, resolve),
    ]


def _all_organizations(parts: Parts) -> OpenStore:
    @asynccontextmanager
    async def open_store(organization_id: UUID | None) -> AsyncIterator[Store]:
        async with parts.worker_database.transaction(organization_id) as transaction:
            yield stores(parts.organization_clock)(transaction)

    return open_store


cli = command_line(CheckoutSettings, compose)
