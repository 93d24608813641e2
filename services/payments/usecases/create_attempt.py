"""Charge for an order, or save a payment method: once for a subject and number, whoever asks and how often."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from services.chassis import deadline
from services.chassis.database import Transaction
from services.payments.domain import attempt as a
from services.payments.domain.attempt import Attempt
from services.payments.domain.customer import Customer
from services.payments.domain.decide import AttemptFact
from services.payments.domain.due import LEASE
from services.payments.domain.errors import attempt_mismatch, payment_method_missing
from services.payments.domain.outcome import Outcome
from services.payments.domain.saved_source import SavedSource, charged_to
from services.payments.usecases.ask_processor import ask_processor, waits_for_first_answer
from services.payments.usecases.asks import Asks, finished
from services.payments.usecases.ports import Ports
from services.payments.usecases.record_outcomes import Said, record_outcomes

_MARGIN_SECONDS = 0.4
"""What is left of the caller's time for our own last words."""
_FIRST_LOOK_SECONDS = 0.02
_LONGEST_LOOK_SECONDS = 0.25
_SAME = ("amount", "currency", "customer_id")
_TOKENS = ("ctoken_", "pm_")


@dataclass(frozen=True, slots=True)
class NewAttempt:
    """What shall be done. A saved payment method stands in place of the attempt's `source`, and then the buyer is absent."""

    attempt: Attempt
    customer: Customer
    saved: SavedSource | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt as it is stored; `is_new`: by this call, so that this caller has to ask the processor."""

    attempt: Attempt
    customer: Customer
    is_new: bool


async def create_attempt(ports: Ports, asks: Asks, new: NewAttempt) -> Attempt:
    """The attempt with the processor's answer; `unknown` if that did not come within the caller's time.

    Invalid: PAYMENT_AMOUNT_MISMATCH, ATTEMPT_MISMATCH, PAYMENT_METHOD_MISSING. NotFound: PAYMENT_METHOD_NOT_FOUND.
    """
    async with ports.database.transaction(new.attempt.organization_id) as transaction:
        begun = await begin_attempt(ports, transaction, new)
    return await answered(ports, asks, begun)


async def begin_attempt(ports: Ports, transaction: Transaction, new: NewAttempt) -> Begun:
    """Store it, unless it is. One that has nothing to charge has failed already."""
    now, told_at = ports.clock.now(), await ports.organization_clock.now(transaction, new.attempt.organization_id)
    attempt = replace(new.attempt, created_at=told_at, modified_at=told_at, asked_at=now, due_at=now + LEASE)
    known = await _known(ports, transaction, attempt)
    if known:
        return Begun(known, new.customer, is_new=False)
    facts: tuple[AttemptFact, ...] = ()
    if new.saved is None:
        if not attempt.source.startswith(_TOKENS):
            raise payment_method_missing()
    else:
        methods = await ports.methods.saved(transaction, attempt.organization_id, new.saved.ids, [attempt.customer_id])
        attempt, facts = charged_to(attempt, new.saved.choose(attempt.customer_id, methods), now, told_at)
    customers = await ports.customers.ensure(transaction, [new.customer], told_at)
    if await ports.attempts.add(transaction, attempt):
        ports.tell_attempts(transaction, [(attempt, fact) for fact in facts])
        return Begun(attempt, customers[new.customer.customer_id], is_new=attempt.is_open)
    # A rival was quicker between the two statements.
    known = await _known(ports, transaction, attempt)
    assert known is not None, "a taken pair of subject and number has a row"
    return Begun(known, new.customer, is_new=False)


async def answered(ports: Ports, asks: Asks, begun: Begun) -> Attempt:
    """The attempt with the processor's answer, as far as the caller's time allows."""
    attempt, customer = begun.attempt, begun.customer
    if begun.is_new:
        task = asks.start(attempt.id, lambda: ask_processor(ports, attempt, customer))
    else:
        running = asks.running(attempt.id)
        if running is None:
            return await _answered_elsewhere(ports, attempt)
        task = running
    return await finished(task, deadline.remaining_seconds() - _MARGIN_SECONDS) or await _out_of_time(ports, attempt)


def check_same(known: Attempt, wanted: Attempt) -> None:
    """Invalid: PAYMENT_AMOUNT_MISMATCH, ATTEMPT_MISMATCH."""
    different = [name for name in _SAME if getattr(known, name) != getattr(wanted, name)]
    if different:
        raise attempt_mismatch(wanted.kind, different[0])


async def _known(ports: Ports, transaction: Transaction, wanted: Attempt) -> Attempt | None:
    known = await ports.attempts.find(transaction, wanted.organization_id, wanted.kind, wanted.subject_id, wanted.number)
    if known:
        check_same(known, wanted)
    return known


async def _answered_elsewhere(ports: Ports, attempt: Attempt) -> Attempt:
    """Another process has the call in hand, or had: its answer appears in the row."""
    wait = _FIRST_LOOK_SECONDS
    while waits_for_first_answer(attempt) and deadline.remaining_seconds() > _MARGIN_SECONDS + wait:
        await asyncio.sleep(wait)
        wait = min(2 * wait, _LONGEST_LOOK_SECONDS)
        attempt = await _read(ports, attempt)
    return replace(attempt, status=a.UNKNOWN) if waits_for_first_answer(attempt) else attempt


async def _out_of_time(ports: Ports, attempt: Attempt) -> Attempt:
    """The call goes on; until its answer comes the attempt is unknown, for this caller and everybody else."""
    async with ports.database.transaction(attempt.organization_id) as transaction:
        after = await record_outcomes(ports, transaction, [Said(attempt.id, Outcome("lose_track"))])
    return after[attempt.id]


async def _read(ports: Ports, attempt: Attempt) -> Attempt:
    async with ports.database.transaction(attempt.organization_id) as transaction:
        found = await ports.attempts.find(transaction, attempt.organization_id, attempt.kind, attempt.subject_id, attempt.number)
    return found or attempt
