"""One batch of events, one transaction: claim, react in the order of the reactions, publish what follows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from opentelemetry.trace import SpanKind

from services.chassis import inbox, tracing
from services.chassis.database import Database, Transaction
from services.chassis.deadline import set_deadline
from services.chassis.errors import Conflict, Unavailable
from services.chassis.event import Event, Reaction, Unreadable, read_event
from services.chassis.event_metrics import CONSUMER_EVENTS, DEAD_LETTERS, INBOX_DUPLICATES

_BATCH_SECONDS = 20.0
"""Less than the time after which the broker gives the batch to somebody else."""
_LINKS = 32


class TooEarly(Exception):
    """A fact about something that is not there, and was not for all the time it was given."""


class Reactor:
    """The reactions of one service on its database."""

    def __init__(self, consumer: str, reactions: Sequence[Reaction[Any]], database: Database) -> None:
        self.consumer = consumer
        self.messages = {reaction.type: reaction.message for reaction in reactions}
        if len(self.messages) < len(reactions):
            raise ValueError(f"{consumer} has two reactions to one type of fact")
        self._reactions = reactions
        self._database = database

    async def take(self, events: Sequence[Event[Any]]) -> set[UUID]:
        """Commit the effect of those that were not taken before; the ids of those that come too early and were not taken."""
        set_deadline(_BATCH_SECONDS)
        async with self._database.transaction() as transaction:
            fresh = await inbox.claim(transaction, self.consumer, {event.id for event in events})
            kept = _first_of_each(events, fresh)
            early = await self._react(transaction, kept)
            if early:
                await inbox.release(transaction, self.consumer, early)
        INBOX_DUPLICATES.labels(self.consumer).inc(len(events) - len(kept))
        for event in kept:
            CONSUMER_EVENTS.labels(self.consumer, event.type, "early" if event.id in early else "taken").inc()
        return early

    async def redrive(self) -> bool:
        """Take one parked fact that an operator asked for; False if there is none."""
        set_deadline(_BATCH_SECONDS)
        async with self._database.transaction() as transaction:
            fact = await inbox.requested(transaction, self.consumer)
            if fact is None:
                return False
            try:
                async with transaction.connection.transaction():
                    event = read_event(fact.headers, fact.payload, self.messages)
                    if await self._react(transaction, [event]):
                        raise TooEarly("still too early")
                await inbox.redriven(transaction, fact)
            except (Unavailable, Conflict):
                raise
            except Exception as error:
                transaction.facts.clear()
                await inbox.redrive_failed(transaction, fact, told(error))
        return True

    async def count_parked(self) -> None:
        """Tell the operators how many facts are parked."""
        async with self._database.transaction() as transaction:
            DEAD_LETTERS.labels(self.consumer).set(await inbox.count_parked(transaction, self.consumer))

    async def _react(self, transaction: Transaction, events: Sequence[Event[Any]]) -> set[UUID]:
        by_type: dict[str, list[Event[Any]]] = {}
        for event in events:
            by_type.setdefault(event.type, []).append(event)
        early: set[UUID] = set()
        for reaction in self._reactions:
            of_type = by_type.get(reaction.type)
            if of_type:
                with _span(f"{self.consumer} {reaction.type}", of_type):
                    early.update(event.id for event in await reaction.handle(transaction, of_type) or ())
        return early


def _first_of_each(events: Sequence[Event[Any]], ids: set[UUID]) -> list[Event[Any]]:
    """The events of these ids; a batch may hold a fact twice."""
    wanted, kept = set(ids), []
    for event in events:
        if event.id in wanted:
            wanted.remove(event.id)
            kept.append(event)
    return kept


def told(error: Exception) -> str:
    """What an operator reads about a fact that could not be taken."""
    return f"unreadable: {error}" if isinstance(error, Unreadable) else f"{type(error).__name__}: {error}"


@contextmanager
def _span(name: str, events: Sequence[Event[Any]]) -> Iterator[None]:
    """A span of our own that is linked to those in which the facts became true."""
    entered = tracing.enter(name, None, kind=SpanKind.CONSUMER)
    for event in events[:_LINKS]:
        context = tracing.parse_traceparent(event.traceparent)
        if context is not None:
            entered.span.add_link(context)
    ok = False
    try:
        yield
        ok = True
    finally:
        tracing.leave(entered, ok=ok)
