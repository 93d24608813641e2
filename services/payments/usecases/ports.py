"""What the use cases reach: the database and its repositories, the processor, the outbox. Bound in app.py."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.chassis.clock import Clock
from services.chassis.database import Database, Transaction
from services.chassis.organization_clock import NowOf, OrganizationClock
from services.chassis.pagination import Page
from services.payments.domain.attempt import Attempt, Kind
from services.payments.domain.customer import Customer
from services.payments.domain.decide import AttemptFact
from services.payments.domain.occurrence import Occurrence
from services.payments.domain.payment_method import MethodDetails, PaymentMethod
from services.payments.usecases.processor import Processor, StoredEvent


class Attempts(Protocol):
    """Attempts, as rows."""

    async def add(self, transaction: Transaction, attempt: Attempt) -> bool:
        """False if its subject and number are taken. AlreadyExists if its id is."""
        ...

    async def find(self, transaction: Transaction, organization_id: UUID, kind: Kind, subject_id: UUID, number: int) -> Attempt | None: ...
    async def get(self, transaction: Transaction, organization_id: UUID, kind: Kind, attempt_id: UUID) -> Attempt | None: ...
    async def lock(self, transaction: Transaction, ids: Sequence[UUID]) -> list[Attempt]: ...
    async def by_processor_id(self, transaction: Transaction, processor_ids: Sequence[str]) -> Mapping[str, UUID]: ...
    async def save(self, transaction: Transaction, attempts: Sequence[Attempt]) -> None: ...
    async def claim_due(self, transaction: Transaction, now: datetime, until: datetime, limit: int) -> list[Attempt]:
        """Those whose time has come, leased until `until` and with one more read."""
        ...

    async def page(
        self, transaction: Transaction, organization_id: UUID, page: Page, filters: Mapping[str, Sequence[object]]
    ) -> tuple[list[Attempt], str, int | None]: ...
    async def oldest_unknown(self, transaction: Transaction) -> Backlog: ...


@dataclass(frozen=True, slots=True)
class Backlog:
    """Attempts without an answer: how many wait for their turn, how many were asked about, and when the oldest of these was."""

    queued: int
    asked: int
    oldest: datetime | None


class ChargeQueue(Protocol):
    """Charges that wait for their turn, as rows."""

    async def find(self, transaction: Transaction, organization_id: UUID, keys: Sequence[tuple[UUID, int]]) -> list[Attempt]:
        """The payments of orders, by order and number."""
        ...

    async def add(self, transaction: Transaction, attempts: Sequence[Attempt]) -> set[UUID]:
        """The ids of those that are new; the others' orders and numbers are taken. AlreadyExists if an id is."""
        ...

    async def take(self, transaction: Transaction, now: datetime, until: datetime, limit: int) -> list[Attempt]:
        """The next ones, leased until `until`."""
        ...


class Customers(Protocol):
    """The processor's customers, as rows."""

    async def ensure(self, transaction: Transaction, customers: Sequence[Customer], now: datetime) -> dict[UUID, Customer]:
        """The rows of customers of one organization; what they say wins over what is given."""
        ...

    async def of(self, transaction: Transaction, keys: Sequence[tuple[UUID, UUID]]) -> dict[UUID, Customer]: ...
    async def made(self, transaction: Transaction, customer: Customer, processor_id: str) -> None: ...
    async def forget(self, transaction: Transaction, customer: Customer) -> None:
        """Drop one that the processor refused, so that the next attempt brings its own e-mail address."""
        ...


@dataclass(frozen=True, slots=True)
class Detachment:
    """A forgotten payment method that the processor has yet to forget."""

    id: UUID
    processor_id: str


@dataclass(frozen=True, slots=True)
class NewMethod:
    """A payment method to keep for a customer."""

    organization_id: UUID
    customer_id: UUID
    details: MethodDetails
    as_default: bool
    """Also if there is a default already."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Our ids by the processor's, those that are new, and those that are the default no more."""

    ids: Mapping[str, UUID]
    new: Sequence[PaymentMethod]
    former_defaults: Sequence[PaymentMethod]


class PaymentMethods(Protocol):
    """Saved payment methods, as rows. Each that is returned as changed has its new version."""

    async def ensure(self, transaction: Transaction, methods: Sequence[NewMethod], now_of: NowOf) -> Kept: ...
    async def get(self, transaction: Transaction, organization_id: UUID, method_id: UUID) -> PaymentMethod | None: ...
    async def saved(
        self, transaction: Transaction, organization_id: UUID, ids: Sequence[UUID], customer_ids: Sequence[UUID]
    ) -> list[PaymentMethod]:
        """Those with the ids, and the defaults of the customers."""
        ...

    async def choose_default(self, transaction: Transaction, method_id: UUID, now_of: NowOf) -> list[PaymentMethod]:
        """Those that changed: the new default and the former one."""
        ...

    async def forget(
        self, transaction: Transaction, owners: Mapping[UUID, UUID], now_of: NowOf, detach_at: datetime | None
    ) -> tuple[list[PaymentMethod], list[PaymentMethod]]:
        """Delete what is not yet, by id and organization; the customer's newest other one becomes the default. The deleted ones, and the
        new defaults."""
        ...

    async def update(self, transaction: Transaction, details: Sequence[MethodDetails], times: Mapping[str, datetime]) -> None:
        """New details of those that have a time."""
        ...

    async def owners(self, transaction: Transaction, processor_ids: Sequence[str]) -> Mapping[str, tuple[UUID, UUID]]:
        """Our id and the organization, by the processor's id."""
        ...

    async def claim_detachments(self, transaction: Transaction, now: datetime, until: datetime, limit: int) -> list[Detachment]: ...
    async def detached(self, transaction: Transaction, ids: Sequence[UUID]) -> None: ...
    async def page(
        self, transaction: Transaction, organization_id: UUID, customer_id: UUID, page: Page
    ) -> tuple[list[PaymentMethod], str]: ...


class StripeEvents(Protocol):
    """Received events, as rows."""

    async def add(self, transaction: Transaction, events: Sequence[StoredEvent], source: str, now: datetime) -> int:
        """How many were new."""
        ...

    async def claim(self, transaction: Transaction, now: datetime, limit: int) -> list[StoredEvent]:
        """Waiting events, locked until the transaction ends and hidden from others."""
        ...

    async def mark(self, transaction: Transaction, statuses: Mapping[str, str]) -> None: ...
    async def failed(self, transaction: Transaction, event_id: str, error: str, retry_at: datetime | None) -> None:
        """Count a failure; parked without a time to try again."""
        ...

    async def claim_cursor(self, transaction: Transaction, now: datetime, until: datetime) -> datetime | None:
        """Up to when the event list was read; None while another replica reads it."""
        ...

    async def move_cursor(self, transaction: Transaction, position: datetime, next_at: datetime) -> None: ...
    async def counts(self, transaction: Transaction) -> Mapping[str, int]: ...
    async def prune(self, transaction: Transaction, before: datetime, limit: int) -> int:
        """Drop events that are done with and were received before a time."""
        ...


TellAttempts = Callable[[Transaction, Sequence[tuple[Attempt, AttemptFact]]], None]
TellMethods = Callable[[Transaction, str, Sequence[PaymentMethod]], None]
ReadEvent = Callable[[bytes], Occurrence]


class CountUnfinished(Protocol):
    """Numbers of attempts and events of a sandbox, by what they wait for."""

    async def __call__(self, transaction: Transaction, organization_id: UUID, *, soon: datetime, lately: datetime) -> Mapping[str, int]: ...


CustomerOf = Callable[[UUID, UUID], Awaitable[Customer]]
"""A customer of an organization, as `checkout` knows them. NotFound: CUSTOMER_NOT_FOUND."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything that a use case may reach."""

    database: Database
    """Sees one organization at a time."""
    worker_database: Database
    """Sees all organizations."""
    clock: Clock
    """The machine's: for leases, windows and retries."""
    organization_clock: OrganizationClock
    processor: Processor
    attempts: Attempts
    queue: ChargeQueue
    customers: Customers
    methods: PaymentMethods
    events: StripeEvents
    tell_attempts: TellAttempts
    tell_methods: TellMethods
    read_event: ReadEvent
    customer_of: CustomerOf
    count_unfinished: CountUnfinished
