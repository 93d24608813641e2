"""What the use cases need of the rooms around them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID

from services.chassis.organization_clock import NowOf
from services.checkout.domain.balance import BalanceChange, BalanceKey, BalanceTransaction
from services.checkout.domain.billing import Billing
from services.checkout.domain.charge import Charge
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
from services.checkout.domain.subscription import StandingSubscription
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


@dataclass(frozen=True, slots=True, order=True)
class TrialTrait:
    """What somebody who had a trial is recognized by in an organization: an e-mail address without its alias, or a card's fingerprint."""

    organization_id: UUID
    text: str


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
    async def lock_payers(self, customer_ids: Sequence[UUID]) -> dict[UUID, Customer]:
        """Also those that are deleted: they owe what they owe. Who decides by a customer's balance holds this lock."""
        ...


class PaymentMethods(Protocol):
    """What was heard of customers' saved payment methods."""

    async def keep(self, methods: Sequence[PaymentMethod]) -> None:
        """Adds to what is known of them; one of each."""
        ...

    async def of_customers(self, organization_ids: Sequence[UUID], customer_ids: Sequence[UUID]) -> list[PaymentMethod]: ...
    async def many(self, organization_ids: Collection[UUID], payment_method_ids: Collection[UUID]) -> dict[UUID, PaymentMethod]:
        """Those that were heard of, by id."""
        ...


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
        """Of live organizations, open and past their time; those that somebody else has locked are left out."""
        ...

    async def lock_expired_of(self, sandbox_id: UUID, now: datetime, limit: int) -> list[Checkout]:
        """Of a sandbox, open and past their time, the earliest first."""
        ...

    async def abandoned_of(self, sandbox_id: UUID, now: datetime, limit: int) -> list[Checkout]:
        """Of a sandbox, confirmed, waiting for the buyer, and past their time; the earliest first."""
        ...

    async def next_expiry(self, sandbox_id: UUID, until: datetime) -> datetime | None:
        """When the time of a sandbox's checkout is over that is open or waits for the buyer: the earliest, if not after `until`."""
        ...

    async def unanswered(self, before: datetime, now: datetime, limit: int) -> list[Checkout]:
        """Confirmed, and nothing heard since `before`, which the machine tells; those that wait for the buyer once their time is over."""
        ...

    async def save(self, checkouts: Sequence[Checkout]) -> None: ...
    async def add_attempt(self, attempt: Attempt) -> None: ...
    async def attempt_of_request(self, checkout_id: UUID, request_id: str) -> Attempt | None: ...
    async def is_subscribing(self, customer_id: UUID, within: timedelta) -> bool:
        """Whether a purchase of a subscription is under way, or succeeded a moment ago by the machine's time."""
        ...

    async def is_upgrading(self, subscription_id: UUID, within: timedelta) -> bool:
        """The same of a purchase that upgrades this subscription."""
        ...

    async def waiting_for_cards(self, payment_method_ids: Collection[UUID]) -> list[Checkout]:
        """Confirmed, with a card saved of which nothing was known yet."""
        ...

    async def keep_surplus(self, organization_id: UUID, order_id: UUID, outcome: AttemptOutcome, now: datetime) -> None: ...


class Trials(Protocol):
    """Who has had a trial."""

    async def lock(self, traits: Collection[TrialTrait]) -> None:
        """Who asks about the same e-mail address or card waits until this transaction ends."""
        ...

    async def had(self, organization_id: UUID, person: str) -> bool:
        """Whether a purchase with a trial succeeded, or is under way, by somebody with this e-mail address."""
        ...

    async def had_by_card(self, cards: Collection[TrialTrait]) -> set[TrialTrait]:
        """The cards by which a purchase with a trial succeeded."""
        ...


class Orders(Protocol):
    """Orders with their items."""

    async def add(self, orders: Sequence[Order]) -> None: ...
    async def get(self, order_id: UUID) -> Order | None: ...
    async def lock(self, order_ids: Sequence[UUID]) -> list[Order]: ...
    async def save(self, orders: Sequence[Order]) -> None: ...
    async def save_with_items(self, order: Order) -> None: ...
    async def billed(self, billings: Sequence[Billing]) -> set[UUID]:
        """The order ids of those that were billed before: the order, its cycle or one of its entries."""
        ...

    async def lock_due(self, organization_id: UUID | None, now: datetime, limit: int) -> list[Order]:
        """Whose dunning goes on now and that nothing is under way for: of one organization, or (None) of all live ones.

        Those that somebody else has locked are left out.
        """
        ...

    async def lock_past_due(self, customer_ids: Sequence[UUID]) -> list[Order]: ...
    async def lock_pending_of_subscriptions(self, subscription_ids: Sequence[UUID]) -> list[Order]: ...
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


class Balances(Protocol):
    """Customers' balances, each the sum of its transactions."""

    async def of_customers(self, customer_ids: Sequence[UUID]) -> dict[BalanceKey, int]:
        """Those that were ever used."""
        ...

    async def change(self, changes: Sequence[BalanceChange]) -> list[BalanceTransaction]: ...


@dataclass(frozen=True, slots=True)
class Bill:
    """What payments needs to know of an order to charge it."""

    order_id: UUID
    amount: int
    currency: str
    description: str
    payment_method_id: UUID | None
    """The saved card that is charged first, if it is still there."""
    customer_id: UUID
    email: str
    name: str | None


class Charges(Protocol):
    """Charges of orders that no checkout drives. `now` is the machine's time, from which they are seen to later."""

    async def add(self, charges: Sequence[Charge], now: datetime) -> None: ...
    async def save(self, charges: Sequence[Charge], now: datetime) -> None: ...
    async def save_unasked(self, charges: Sequence[Charge], now: datetime) -> None:
        """Those that are still to be asked for."""
        ...

    async def save_asked(self, charges: Sequence[Charge], now: datetime) -> None:
        """Those that are still asked for and unanswered."""
        ...

    async def under_way(self, order_ids: Sequence[UUID]) -> dict[UUID, Charge]: ...
    async def of_request(self, order_id: UUID, request_id: str) -> Charge | None: ...
    async def count_by_customer(self, order_id: UUID) -> int: ...
    async def lease(self, now: datetime, until: datetime, limit: int) -> list[Charge]:
        """Charges to be asked for; nobody else takes them until then."""
        ...

    async def bills(self, order_ids: Sequence[UUID]) -> dict[UUID, Bill]: ...
    async def unanswered(self, now: datetime, limit: int) -> list[Charge]: ...
    async def count_unfinished(self, organization_id: UUID) -> tuple[int, int]:
        """A sandbox's charges to be asked for, and without an answer."""
        ...


class EndedSubscriptions(Protocol):
    """Subscriptions that ended: what they still owe is charged once and not dunned."""

    async def keep(self, subscriptions: Sequence[tuple[UUID, UUID]]) -> None:
        """By organization and id."""
        ...

    async def among(self, subscription_ids: Sequence[UUID]) -> set[UUID]: ...


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
    def trials(self) -> Trials: ...
    @property
    def orders(self) -> Orders: ...
    @property
    def balances(self) -> Balances: ...
    @property
    def charges(self) -> Charges: ...
    @property
    def ended_subscriptions(self) -> EndedSubscriptions: ...
    @property
    def organizations(self) -> Organizations: ...
    async def now(self, organization_id: UUID) -> datetime:
        """The organization's time."""
        ...

    async def now_of(self, organization_ids: Iterable[UUID]) -> NowOf:
        """The times of some organizations."""
        ...

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
    async def find(self, organization_id: UUID, subscription_id: UUID) -> StandingSubscription | None: ...


class ChargesOutside(Protocol):
    """Who moves money for orders that no checkout drives. Unavailable: nobody knows whether the call arrived."""

    async def ask(self, charges: Sequence[tuple[Charge, Bill]]) -> None:
        """Have saved cards charged, of one organization; the outcomes come as facts. All or none: Invalid if one of them is wrong."""
        ...

    async def charge(self, charge: Charge, bill: Bill, confirmation_token_id: str | None, return_url: str | None) -> Outcome:
        """Charge now: what the buyer brought, or the saved card. Once per charge, however often it is asked."""
        ...

    async def look_up(self, charge: Charge) -> Outcome | None:
        """What became of it; None if payments never heard of it."""
        ...

    async def give_up(self, charge: Charge) -> Outcome:
        """Cancel one that waits for the buyer."""
        ...


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
