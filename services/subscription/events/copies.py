"""Our copies of what the other services own, as their facts tell it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from bursar.checkout.v1 import checkout_events_pb2 as checkout
from bursar.identity.v1 import identity_events_pb2 as identity

from services.chassis.database import Transaction
from services.chassis.event import Event
from services.subscription.convert_facts import read_customer, read_discount, read_organization, read_product
from services.subscription.usecases.ports import StoreOf

Organizations = TypeVar("Organizations", identity.OrganizationCreated, identity.OrganizationUpdated)
Products = TypeVar("Products", checkout.ProductCreated, checkout.ProductUpdated)
Discounts = TypeVar("Discounts", checkout.DiscountCreated, checkout.DiscountUpdated)
Customers = TypeVar("Customers", checkout.CustomerCreated, checkout.CustomerUpdated)


class Copies:
    """Each takes all events of one type in a batch; versions tell old from new."""

    def __init__(self, store_of: StoreOf) -> None:
        self._store_of = store_of

    async def organizations(self, transaction: Transaction, events: Sequence[Event[Organizations]]) -> None:
        await self._store_of(transaction).organizations.keep([read_organization(event.message.organization) for event in events])

    async def products(self, transaction: Transaction, events: Sequence[Event[Products]]) -> None:
        await self._store_of(transaction).catalog.keep_products([read_product(event.message.product) for event in events])

    async def discounts(self, transaction: Transaction, events: Sequence[Event[Discounts]]) -> None:
        await self._store_of(transaction).catalog.keep_discounts([read_discount(event.message.discount) for event in events])

    async def customers(self, transaction: Transaction, events: Sequence[Event[Customers]]) -> None:
        await self._store_of(transaction).customers.keep([read_customer(event.message.customer) for event in events])
