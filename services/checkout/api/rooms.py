"""What lists need of the storage, beyond what use cases need."""

from __future__ import annotations

from typing import Protocol, TypeVar
from uuid import UUID

from services.chassis.pagination import Page
from services.checkout.domain.balance import BalanceTransaction
from services.checkout.domain.checkout import Checkout
from services.checkout.domain.customer import Customer
from services.checkout.domain.discount import Discount
from services.checkout.domain.order import Order
from services.checkout.domain.product import Product
from services.checkout.usecases import catalog_ports, checkout_ports, customer_ports, order_ports, ports
from services.checkout.usecases.filters import CheckoutFilter, CustomerFilter, OrderFilter, ProductFilter
from services.checkout.usecases.order_export import ExportedOrder

T = TypeVar("T")
Listed = tuple[list[T], str, int | None]
"""One page, the token of the next, and if asked for how many there are in all."""


class PagedProducts(catalog_ports.Products, Protocol):
    async def page(self, organization_id: UUID, given: ProductFilter, page: Page, /) -> Listed[Product]: ...


class PagedDiscounts(catalog_ports.Discounts, Protocol):
    async def page(self, organization_id: UUID, query_text: str, page: Page, /) -> Listed[Discount]: ...


class PagedCustomers(customer_ports.Customers, Protocol):
    async def page(self, organization_id: UUID, given: CustomerFilter, page: Page, /) -> Listed[Customer]: ...


class PagedCheckouts(checkout_ports.Checkouts, Protocol):
    async def page(self, organization_id: UUID, given: CheckoutFilter, page: Page, /) -> Listed[Checkout]: ...


class PagedOrders(order_ports.Orders, Protocol):
    async def page(self, organization_id: UUID, given: OrderFilter, page: Page, /) -> Listed[Order]: ...
    async def behind(self, organization_id: UUID, given: OrderFilter, last: ExportedOrder | None, most: int, /) -> list[ExportedOrder]: ...


class PagedBalances(customer_ports.Balances, Protocol):
    async def page(
        self, organization_id: UUID, customer_id: UUID, currency: str, page: Page, /
    ) -> tuple[list[BalanceTransaction], str]: ...


class PagedStore(ports.Store, Protocol):
    """The store with its lists."""

    @property
    def products(self) -> PagedProducts: ...
    @property
    def discounts(self) -> PagedDiscounts: ...
    @property
    def customers(self) -> PagedCustomers: ...
    @property
    def checkouts(self) -> PagedCheckouts: ...
    @property
    def orders(self) -> PagedOrders: ...
    @property
    def balances(self) -> PagedBalances: ...
