"""Send an attempt to the processor and record the answer. No transaction is open while the processor is asked."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from services.chassis.crashpoint import crashpoint
from services.chassis.errors import Conflict, Unavailable
from services.payments.domain import attempt as a
from services.payments.domain.attempt import Attempt
from services.payments.domain.customer import Customer
from services.payments.domain.outcome import Outcome, lost
from services.payments.usecases.ports import OutcomeUnknown, Ports, Refused
from services.payments.usecases.record_outcomes import Said, record_outcomes

CONVERSATION_SECONDS = 25.0
"""For all calls that one attempt takes; below the lease."""
_FIRST_LOOK = timedelta(seconds=1)
_PAUSES_SECONDS = (0.1, 0.5, 1.5)


async def ask_processor(ports: Ports, attempt: Attempt, customer: Customer) -> Attempt:
    """The attempt after the answer: yes, no, or unknown, which resolves itself."""
    try:
        outcome = await send(ports, attempt, customer)
    except OutcomeUnknown:
        outcome = Outcome("lose_track", read_after=_FIRST_LOOK)
    crashpoint("after_stripe_before_commit")
    for pause_seconds in _PAUSES_SECONDS:
        try:
            return await _record(ports, attempt, outcome)
        except (Conflict, Unavailable):
            await asyncio.sleep(pause_seconds)
    return await _record(ports, attempt, outcome)


async def send(ports: Ports, attempt: Attempt, customer: Customer) -> Outcome:
    """The processor's answer. OutcomeUnknown if there is none."""
    try:
        async with asyncio.timeout(CONVERSATION_SECONDS):
            customer_id = customer.processor_id or await _make_customer(ports, customer)
            crashpoint("before_stripe")
            return await ports.processor.send(attempt, customer_id)
    except Refused as refusal:
        return lost(refusal.failure)
    except TimeoutError as error:
        raise OutcomeUnknown("conversation") from error


async def _record(ports: Ports, attempt: Attempt, outcome: Outcome) -> Attempt:
    async with ports.database.transaction(attempt.organization_id) as transaction:
        after = await record_outcomes(ports, transaction, [Said(attempt.id, outcome)])
    return after.get(attempt.id, attempt)


async def _make_customer(ports: Ports, customer: Customer) -> str:
    try:
        processor_id = await ports.processor.create_customer(customer)
    except OutcomeUnknown:
        found = await ports.processor.find_customer(customer)
        if found is None:
            raise
        processor_id = found
    except Refused:
        async with ports.database.transaction(customer.organization_id) as transaction:
            await ports.customers.forget(transaction, customer)
        raise
    async with ports.database.transaction(customer.organization_id) as transaction:
        await ports.customers.made(transaction, customer, processor_id)
    return processor_id


def waits_for_first_answer(attempt: Attempt) -> bool:
    """Whether a call may be in hand."""
    return attempt.status == a.PENDING
