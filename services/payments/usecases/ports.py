"""What the use cases reach: the database and its repositories, the processor, the outbox. Bound in app.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.chassis.clock import Clock
from services.chassis.database import Database, Transaction
from services.chassis.pagination import Page
from services.payments.domain.attempt import Attempt, Failure, Kind
from services.payments.domain.customer import Customer
from services.payments.domain.decide import AttemptFact
from services.payments.domain.occurrence import Occurrence
from services.payments.domain.outcome import Outcome
from services.payments.domain.payment_method import MethodDetails, PaymentMethod


class OutcomeUnknown(Exception):
    """The processor gave no answer that says whether it happened. Asking again under the same key is safe, deciding is not."""


class Refused(Exception):
    """The processor did not accept the request: nothing happened."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.code)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One event of the processor, byte for byte."""

    id: str
    type: str
    created_at: datetime
    payload: bytes
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class EventPage:
    """A page of the processor's event list, newest first; `after` asks for the next one."""

    events: Sequence[StoredEvent]
    after: str | None


class Processor(Protocol):
    """The processor's API. Every method may raise OutcomeUnknown; those that change something may raise Refused."""

    async def create_customer(self, customer: Customer) -> str: ...
    async def find_customer(self, customer: Customer) -> str | None: ...
    async def send(self, attempt: Attempt, customer_id: str) -> Outcome:
        """Charge or save, under the attempt's key. A decline is an outcome."""
        ...

    async def look_up(self, attempt: Attempt, customer_id: str | None) -> Outcome | None:
        """What the processor knows of the attempt; None if nothing."""
        ...

    async def cancel(self, attempt: Attempt) -> Outcome:
        """Make sure that no money is taken any more; the outcome says what became of it."""
        ...

    async def detach(self, processor_method_id: str) -> None: ...
    async def list_events(self, since: datetime, until: datetime | None, after: str | None) -> EventPage:
        """Events made from `since` to `until`, newest first, from the one after `after` on."""
        ...


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
    async def oldest_unknown(self, transaction: Transaction) -> tuple[int, datetime | None]: ...


class Customers(Protocol):
    """The processor's customers, as rows."""

    async def ensure(self, transaction: Transaction, customer: Customer) -> Customer: ...
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


class PaymentMethods(Protocol):
    """Saved payment methods, as rows."""

    async def ensure(
        self, transaction: Transaction, methods: Sequence[tuple[UUID, UUID, MethodDetails]], now: datetime
    ) -> tuple[dict[str, UUID], list[PaymentMethod]]:
        """Our ids by the processor's of (organization, customer, details), and those that are new."""
        ...

    async def get(self, transaction: Transaction, organization_id: UUID, method_id: UUID) -> PaymentMethod | None: ...
    async def forget(self, transaction: Transaction, ids: Sequence[UUID], now: datetime, *, detached: bool) -> list[PaymentMethod]:
        """Delete what is not yet; the customer's newest other one becomes the default."""
        ...

    async def update(self, transaction: Transaction, details: Sequence[MethodDetails], now: datetime) -> None: ...
    async def by_processor_id(self, transaction: Transaction, processor_ids: Sequence[str]) -> list[UUID]: ...
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


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything that a use case may reach."""

    database: Database
    """Sees one organization at a time."""
    worker_database: Database
    """Sees all organizations."""
    clock: Clock
    processor: Processor
    attempts: Attempts
    customers: Customers
    methods: PaymentMethods
    events: StripeEvents
    tell_attempts: TellAttempts
    tell_methods: TellMethods
    read_event: ReadEvent
