"""Look at the attempts whose time has come: what has no answer, waits for the buyer, is not settled, or failed and is still open.

Any number of replicas may do so: each leases what it takes. The processor is asked with no transaction open; what it says is
recorded in bulk, as it comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from services.payments.domain import attempt as a
from services.payments.domain import declines
from services.payments.domain.attempt import Attempt
from services.payments.domain.customer import Customer
from services.payments.domain.due import LEASE, WhenAbsent, gave_up, when_absent
from services.payments.domain.outcome import WAIT, Outcome, lost
from services.payments.usecases.ask_processor import send
from services.payments.usecases.ports import Ports
from services.payments.usecases.processor import OutcomeUnknown, Refused
from services.payments.usecases.record_outcomes import Said, record_outcomes

BATCH = 100
_GATHER_SECONDS = 0.05
_NOTHING = Outcome(WAIT)


async def resolve_attempts(ports: Ports) -> int:
    """How many were looked at."""
    now = ports.clock.now()
    async with ports.worker_database.transaction() as transaction:
        due = await ports.attempts.claim_due(transaction, now, now + LEASE, BATCH)
        customers = await ports.customers.of(transaction, [(one.organization_id, one.customer_id) for one in due]) if due else {}
    looks = {asyncio.create_task(_look(ports, one, customers.get(one.customer_id), now)) for one in due}
    while looks:
        done, looks = await asyncio.wait(looks, timeout=_GATHER_SECONDS)
        await _record(ports, [task.result() for task in done])
    return len(due)


async def look(ports: Ports, attempt: Attempt, customer: Customer | None, now: datetime) -> Outcome:
    """What the processor says of an attempt now. OutcomeUnknown if it says nothing."""
    if attempt.status == a.FAILED:
        return await ports.processor.cancel(attempt) if attempt.processor_id else Outcome(WAIT, closed=True)
    found = await ports.processor.look_up(attempt, customer.processor_id if customer else None)
    if found is not None:
        # What was begun there and never came to anything must not come to something later.
        stuck = found.verb == WAIT and gave_up(attempt, now)
        return await ports.processor.cancel(replace(attempt, processor_id=found.processor_id)) if stuck else found
    match when_absent(attempt, now):
        case WhenAbsent.SEND_AGAIN if customer is not None:
            return await send(ports, attempt, customer)
        case WhenAbsent.SEND_AGAIN | WhenAbsent.GIVE_UP:
            return lost(declines.NEVER_ARRIVED)
    return _NOTHING


async def _look(ports: Ports, attempt: Attempt, customer: Customer | None, now: datetime) -> Said:
    try:
        outcome = await look(ports, attempt, customer, now)
    except (OutcomeUnknown, Refused):
        # A call that was begun and not answered leaves the attempt as it is, but no longer as one that nobody has sent.
        outcome = Outcome("lose_track")
    return Said(attempt.id, outcome, looked=True)


async def _record(ports: Ports, said: Sequence[Said]) -> None:
    if not said:
        return
    async with ports.worker_database.transaction() as transaction:
        await record_outcomes(ports, transaction, said)
