"""The processor of payments, as the use cases see it: what is asked of it, and the two ways in which it does not answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.payments.domain.attempt import Attempt, Failure
from services.payments.domain.customer import Customer
from services.payments.domain.outcome import Outcome


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
    organization_id: UUID | None = None
    """Whose it is, if it says so."""


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
