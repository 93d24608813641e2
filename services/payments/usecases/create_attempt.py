"""Charge for an order, or save a payment method for a checkout: once for a subject and number, whoever asks and how often."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from uuid import UUID

from services.chassis import deadline
from services.chassis.database import Transaction
from services.payments.domain import attempt as a
from services.payments.domain.attempt import Attempt
from services.payments.domain.customer import Customer
from services.payments.domain.due import LEASE
from services.payments.domain.errors import attempt_mismatch, payment_method_missing, payment_method_not_found
from services.payments.domain.outcome import Outcome
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
    """What shall be done. A saved method of ours stands in place of `source`, and then the buyer is absent."""

    attempt: Attempt
    customer: Customer
    saved_method_id: UUID | None = None


async def create_attempt(ports: Ports, asks: Asks, new: NewAttempt) -> Attempt:
    """The attempt with the processor's answer; `unknown` if that did not come within the caller's time.

    Invalid: PAYMENT_AMOUNT_MISMATCH, ATTEMPT_MISMATCH, PAYMENT_METHOD_MISSING. NotFound: PAYMENT_METHOD_NOT_FOUND.
    """
    now = ports.clock.now()
    wanted = replace(new.attempt, created_at=now, modified_at=now, due_at=now + LEASE)
    async with ports.database.transaction(wanted.organization_id) as transaction:
        attempt, customer, is_new = await _stored(ports, transaction, replace(new, attempt=wanted))
    if is_new:
        task = asks.start(attempt.id, lambda: ask_processor(ports, attempt, customer))
    else:
        running = asks.running(attempt.id)
        if running is None:
            return await _answered_elsewhere(ports, attempt)
        task = running
    answered = await finished(task, deadline.remaining_seconds() - _MARGIN_SECONDS)
    return answered or await _out_of_time(ports, attempt)


async def _stored(ports: Ports, transaction: Transaction, new: NewAttempt) -> tuple[Attempt, Customer, bool]:
    attempt = new.attempt
    known = await _known(ports, transaction, attempt)
    if known:
        return known, new.customer, False
    attempt = await _with_source(ports, transaction, attempt, new.saved_method_id)
    customer = await ports.customers.ensure(transaction, new.customer)
    if await ports.attempts.add(transaction, attempt):
        return attempt, customer, True
    # A rival was quicker between the two statements.
    known = await _known(ports, transaction, attempt)
    assert known is not None, "a taken pair of subject and number has a row"
    return known, customer, False


async def _known(ports: Ports, transaction: Transaction, wanted: Attempt) -> Attempt | None:
    known = await ports.attempts.find(transaction, wanted.organization_id, wanted.kind, wanted.subject_id, wanted.number)
    different = [name for name in _SAME if known and getattr(known, name) != getattr(wanted, name)]
    if different:
        raise attempt_mismatch(wanted.kind, different[0])
    return known


async def _with_source(ports: Ports, transaction: Transaction, attempt: Attempt, saved_method_id: UUID | None) -> Attempt:
    if saved_method_id is None:
        if not attempt.source.startswith(_TOKENS):
            raise payment_method_missing()
        return attempt
    method = await ports.methods.get(transaction, attempt.organization_id, saved_method_id)
    if method is None or method.customer_id != attempt.customer_id:
        raise payment_method_not_found(saved_method_id)
    source = method.details.processor_id
    return replace(attempt, source=source, payment_method_id=method.id, method=method.details.type, off_session=True, keep_method=False)


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
