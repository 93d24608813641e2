"""Send an attempt to the processor and record the answer. No transaction is open while the processor is asked."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from services.chassis.crashpoint import crashpoint
from services.payments.domain import attempt as a
from services.payments.domain import declines
from services.payments.domain.attempt import Attempt
from services.payments.domain.customer import Customer
from services.payments.domain.outcome import Outcome, lost
from services.payments.usecases.ports import Ports
from services.payments.usecases.processor import OutcomeUnknown, Refused
from services.payments.usecases.record_outcomes import Said, record_persistently

CONVERSATION_SECONDS = 25.0
"""For all calls that one attempt takes; below the lease."""
_FIRST_LOOK = timedelta(seconds=1)
_GONE = "resource_missing"


async def ask_processor(ports: Ports, attempt: Attempt, customer: Customer) -> Attempt:
    """The attempt after the answer: yes, no, or unknown, which resolves itself."""
    outcome = await answer_of(ports, attempt, customer)
    crashpoint("after_stripe_before_commit")
    after = await record_persistently(ports, [Said(attempt.id, outcome)])
    return after.get(attempt.id, attempt)


async def answer_of(ports: Ports, attempt: Attempt, customer: Customer) -> Outcome:
    """The processor's answer, or that there is none and when to look it up."""
    try:
        return await send(ports, attempt, customer)
    except OutcomeUnknown:
        return Outcome("lose_track", read_after=_FIRST_LOOK)


async def send(ports: Ports, attempt: Attempt, customer: Customer) -> Outcome:
    """The processor's answer. OutcomeUnknown if there is none."""
    try:
        async with asyncio.timeout(CONVERSATION_SECONDS):
            customer_id = customer.processor_id or await _make_customer(ports, customer)
            crashpoint("before_stripe")
            return await ports.processor.send(attempt, customer_id)
    except Refused as refusal:
        return lost(declines.METHOD_MISSING if await _is_forgotten(ports, attempt, refusal) else refusal.failure)
    except TimeoutError as error:
        raise OutcomeUnknown("conversation") from error


async def _is_forgotten(ports: Ports, attempt: Attempt, refusal: Refused) -> bool:
    """Whether it was to charge a saved payment method that was forgotten meanwhile. Another one may pay."""
    if attempt.payment_method_id is None:
        return False
    if refusal.failure.code == _GONE:
        return True
    async with ports.database.transaction(attempt.organization_id) as transaction:
        return await ports.methods.get(transaction, attempt.organization_id, attempt.payment_method_id) is None


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
