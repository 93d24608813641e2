"""Let the processor forget the payment methods that were deleted here."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

from services.payments.usecases.ports import Detachment, Ports
from services.payments.usecases.processor import OutcomeUnknown, Refused

BATCH = 50
_RETRY = timedelta(minutes=1)


async def detach_payment_methods(ports: Ports) -> int:
    """How many were detached; the others come up again."""
    now = ports.clock.now()
    async with ports.worker_database.transaction() as transaction:
        due = await ports.methods.claim_detachments(transaction, now, now + _RETRY, BATCH)
    done = [each for each in await asyncio.gather(*(_detached(ports, one) for one in due)) if each]
    if done:
        async with ports.worker_database.transaction() as transaction:
            await ports.methods.detached(transaction, done)
    return len(done)


async def _detached(ports: Ports, one: Detachment) -> UUID | None:
    try:
        await ports.processor.detach(one.processor_id)
    except OutcomeUnknown:
        return None
    except Refused:
        return one.id  # not there any more, which is what was wanted
    return one.id
