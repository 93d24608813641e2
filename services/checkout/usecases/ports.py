"""What the use cases need of the rooms around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from services.checkout.domain.checkout import Checkout
from services.checkout.domain.customer import Customer
from services.checkout.domain.discount import Discount
from services.checkout.domain.fact import DomainFact
from services.checkout.domain.invoice import Series
from services.checkout.domain.order import Order
from services.checkout.domain.organization import Organization
from services.checkout.domain.payment import Attempt, AttemptOutcome, Outcome
from services.checkout.domain.payment_method import PaymentMethod
from services.checkout.domain.product import Product
from services.checkout.domain.settlement import Purchase
from services.checkout.domain.tax import TaxRate


class Products(Protocol):
    """Products with their prices."""

    async def add(self, product: Product) -> None: ...
    async def many(self, product_ids: Sequence[UUID]) -> dict[UUID, Product]: ...
    async def lock(self, product_id: UUID) -> Product | None: ...
    async def save(self, product: Product) -> None: ...


@dataclass(frozen=True, slots=True)
class Redemption:
    """One use of a discount, by one confirmed checkout."""

    checkout_id: UUID
    organization_id: UUID
    discount_id: UUID
    customer_id: UUID
    person: str
    """The e-mail address by which a person is recognized."""
    created_at: datetime


class Discounts(Protocol):
    """Discounts and their redemptions."""

    async def add(self, discount: Discount) -> None: ...
    async def get(self, discount_id: UUID) -> Discount | None: ...
    async def by_code(self, code: str) -> Discount | None: ...
    async def lock(self, discount_id: UUID) -> Discount | None: ...
    async def save(self, discount: Discount) -> None: ...
    async def redeem(self, redemption: Redemption) -> None:
        """DiscountExhausted if that is once too often, for all or for this customer."""
        ...

    async def redeem_again(self, redemptions: Sequence[Redemption]) -> None:
        """Count redemptions that were given back; limits do not matter any more."""
        ...

    async def release(self, checkout_ids: Sequence[UUID]) -> None: ...


class Customers(Protocol):
    """Customers; deleted ones are found by id only."""

    async def add(self, customer: Customer) -> None:
        """CustomerEmailTaken, CustomerExternalIdTaken."""
        ...

    async def get(self, customer_id: UUID) -> Customer | None: ...
    async def by_external_id(self, external_id: str) -> Customer | None: ...
    async def by_email(self, email: str) -> Customer | None: ...
    async def lock(self, customer_id: UUID) -> Customer | None: ...
    async def save(self, customer: Customer) -> None: ...
    async def lock_many(self, customer_ids: Sequence[UUID]) -> list[Customer]: ...
    async def save_many(self, customers: Sequence[Customer]) -> None: ...
    async def add_to_balances(self, amounts: Mapping[tuple[UUID, UUID, str], int]) -> None:
        """By organization, customer and currency, minor units; negative is a debt."""
        ...


class PaymentMethods(Protocol):
    """What was heard of customers' saved payment methods."""

    async def keep(self, methods: Sequence[PaymentMethod]) -> None:
        """Adds to what is known of them; one of each."""
        ...

    async def of_customers(self, organization_ids: Sequence[UUID], customer_ids: Sequence[UUID]) -> list[PaymentMethod]: ...


class Checkouts(Protocol):
    """Checkouts and the attempts to pay them."""

    async def add(self, checkout: Checkout) -> None: ...
    async def get(self, checkout_id: UUID) -> Checkout | None: ...
    async def by_secret(self, client_secret: str) -> Checkout | None: ...
    async def lock(self, checkout_id: UUID) -> Checkout | None: ...
    async def lock_by_secret(self, client_secret: str) -> Checkout | None: ...
    async def lock_purchases(self, checkout_ids: Sequence[UUID]) -> list[Purchase]:
        """Confirmed at least once, with their orders; in the order of their ids."""
        ...

    async def lock_expired(self, now: datetime, limit: int) -> list[Checkout]:
        """Open and past their time; those that somebody else has locked are left out."""
        ...

    async def unanswered(self, before: datetime, now: datetime, limit: int) -> list[Checkout]:
        """Confirmed, and nothing heard since `before`; those that wait for the buyer only once their time is over."""
        ...

    async def save(self, checkouts: Sequence[Checkout]) -> None: ...
    async def add_attempt(self, attempt: Attempt) -> None: ...
    async def attempt_of_request(self, checkout_id: UUID, request_id: str) -> Attempt | None: ...
    async def is_subscribing(self, customer_id: UUID, since: datetime) -> bool:
        """Whether a purchase of a subscription is under way, or succeeded since."""
        ...

    async def had_trial(self, person: str) -> bool: ...
    async def keep_surplus(self, organization_id: UUID, order_id: UUID, outcome: AttemptOutcome, now: datetime) -> None: ...


class Orders(Protocol):
    """Orders with their items."""

    async def add(self, orders: Sequence[Order]) -> None: ...
    async def get(self, order_id: UUID) -> Order | None: ...
    async def lock(self, order_ids: Sequence[UUID]) -> list[Order]: ...
    async def save(self, orders: Sequence[Order]) -> None: ...
    async def save_with_items(self, order: Order) -> None: ...
    async def draw_numbers(self, counts: Mapping[Series, int]) -> dict[Series, list[str]]:
        """So many numbers of each series; without a gap if the transaction commits, unused if it does not."""
        ...


class Organizations(Protocol):
    """Our copies of organizations."""

    async def get(self, organization_id: UUID) -> Organization:
        """OrganizationNotKnown if there is no copy."""
        ...

    async def many(self, organization_ids: Sequence[UUID]) -> dict[UUID, Organization]: ...
    async def keep(self, organizations: Sequence[Organization]) -> None:
        """Those that are newer than what is there."""
        ...


class Store(Protocol):
    """All of this service's rows that one transaction sees, and the facts that become true with its commit."""

    @property
    def products(self) -> Products: ...
    @property
    def discounts(self) -> Discounts: ...
    @property
    def customers(self) -> Customers: ...
    @property
    def payment_methods(self) -> PaymentMethods: ...
    @property
    def checkouts(self) -> Checkouts: ...
    @property
    def orders(self) -> Orders: ...
    @property
    def organizations(self) -> Organizations: ...
    def publish(self, *facts: DomainFact) -> None: ...


OpenStore = Callable[[UUID | None], AbstractAsyncContextManager[Store]]
"""A transaction over one organization's rows; None: over all, for work in the background."""


@dataclass(frozen=True, slots=True)
class Sale:
    """What decides about the tax of a sale."""

    seller_country: str
    registrations: tuple[str, ...]
    buyer_country: str
    buyer_state: str | None
    is_business: bool
    has_valid_tax_id: bool
    on: date


class TaxCalculator(Protocol):
    """Which rates apply. It answers from what this process knows: it is asked inside transactions."""

    def rates(self, sale: Sale) -> tuple[TaxRate, ...]: ...


class TaxIds(Protocol):
    """Whether a text is a tax id of a country."""

    def check(self, tax_id: str, country: str) -> None:
        """TaxIdInvalid."""
        ...


class OrganizationDirectory(Protocol):
    """Who knows all organizations: identity."""

    async def organization(self, organization_id: UUID) -> Organization: ...


class Subscriptions(Protocol):
    """Who knows which subscriptions run."""

    async def count_billable(self, organization_id: UUID, customer_id: UUID) -> int: ...


class Payments(Protocol):
    """Who moves money. Every answer is an outcome; a call without an answer is `Undecided`."""

    async def attempt(self, purchase: Purchase, confirmation_token_id: str) -> Outcome:
        """Charge the order or save the card, as the checkout's attempt says; once per attempt, however often it is asked."""
        ...

    async def look_up(self, checkout: Checkout) -> Outcome | None:
        """What became of the checkout's latest attempt; None if payments never heard of it."""
        ...

    async def give_up(self, checkout: Checkout) -> Outcome:
        """Cancel an attempt that waits for the buyer."""
        ...
