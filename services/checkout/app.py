"""Composition root of checkout: the only file that knows every room."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from bursar.checkout.v1 import (
    checkout_service_pb2,
    customer_service_pb2,
    discount_service_pb2,
    order_service_pb2,
    product_service_pb2,
)
from google.protobuf.descriptor import ServiceDescriptor

from services.chassis.database import Transaction
from services.chassis.run import Parts, Schedule, Service, command_line
from services.checkout.api.checkouts import CheckoutClientServicer, CheckoutServicer, Outside
from services.checkout.api.customers import CustomerServicer
from services.checkout.api.discounts import DiscountServicer
from services.checkout.api.door import Door
from services.checkout.api.orders import OrderServicer
from services.checkout.api.products import ProductServicer
from services.checkout.clients.organizations import OrganizationsOverGrpc
from services.checkout.clients.payments import PaymentsOverGrpc
from services.checkout.clients.subscriptions import SubscriptionsOverGrpc
from services.checkout.events.consumed import reactions
from services.checkout.events.published import to_fact
from services.checkout.settings import CheckoutSettings
from services.checkout.storage.store import TransactionStore
from services.checkout.tax.calculator import BuiltInTaxCalculator
from services.checkout.tax.rates import load_rates
from services.checkout.tax.tax_ids import StandardTaxIds
from services.checkout.usecases.expire_checkouts import expire_checkouts
from services.checkout.usecases.ports import OpenStore, Store
from services.checkout.usecases.resolve_attempts import resolve_attempts


def store_of(transaction: Transaction) -> TransactionStore:
    """The rows and facts of one transaction."""
    return TransactionStore(transaction, to_fact)


async def compose(parts: Parts) -> Service:
    """The service from its parts."""
    outside = Outside(
        clock=parts.clock,
        taxes=BuiltInTaxCalculator(load_rates()),
        tax_ids=StandardTaxIds(),
        payments=PaymentsOverGrpc(parts.peers),
        subscriptions=SubscriptionsOverGrpc(parts.peers),
    )
    door = Door(parts.database, store_of, OrganizationsOverGrpc(parts.peers))
    return Service(
        servicers=_servicers(door, outside),
        reactions=reactions(store_of, parts.clock),
        schedules=_schedules(parts, outside),
    )


def _servicers(door: Door, outside: Outside) -> list[tuple[ServiceDescriptor, object]]:
    checkout = checkout_service_pb2.DESCRIPTOR.services_by_name
    return [
        (product_service_pb2.DESCRIPTOR.services_by_name["ProductService"], ProductServicer(door, outside.clock)),
        (discount_service_pb2.DESCRIPTOR.services_by_name["DiscountService"], DiscountServicer(door, outside.clock)),
        (customer_service_pb2.DESCRIPTOR.services_by_name["CustomerService"], CustomerServicer(door, outside.clock, outside.tax_ids)),
        (checkout["CheckoutService"], CheckoutServicer(door, outside)),
        (checkout["CheckoutClientService"], CheckoutClientServicer(door, outside)),
        (order_service_pb2.DESCRIPTOR.services_by_name["OrderService"], OrderServicer(door)),
    ]


def _schedules(parts: Parts, outside: Outside) -> list[Schedule]:
    assert isinstance(parts.settings, CheckoutSettings)
    open_store = _all_organizations(parts)

    async def expire() -> None:
        while await expire_checkouts(parts.clock.now(), open_store=open_store):
            pass

    async def resolve() -> None:
        await resolve_attempts(parts.clock.now(), open_store=open_store, payments=outside.payments)

    return [
        Schedule("expire-checkouts", parts.settings.expiry_every_seconds, expire),
        Schedule("resolve-attempts", parts.settings.resolve_every_seconds, resolve),
    ]


def _all_organizations(parts: Parts) -> OpenStore:
    @asynccontextmanager
    async def open_store(organization_id: UUID | None) -> AsyncIterator[Store]:
        async with parts.worker_database.transaction(organization_id) as transaction:
            yield store_of(transaction)

    return open_store


cli = command_line(CheckoutSettings, compose)
