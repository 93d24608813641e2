"""Orders wait to be charged: payments is told, by the hundred, outside of any transaction.

A charge is written down before payments is asked and marked after, so a crash anywhere asks again under the same key.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.chassis.crashpoint import crashpoint
from services.chassis.errors import BursarError, Conflict, Exhausted, Unavailable
from services.checkout.domain.charge import Charge, ChargeOutcome, moved
from services.checkout.domain.payment import Declined, PaymentFailure
from services.checkout.usecases.order_ports import Bill
from services.checkout.usecases.outside_ports import ChargesOutside
from services.checkout.usecases.ports import OpenStore
from services.checkout.usecases.settle_charges import settle_charges

_LEASE = timedelta(seconds=30)
"""Longer than a call takes: what is still unasked by then was lost with whoever took it."""
_PAUSE = timedelta(seconds=2)
"""After a call that nobody answered."""
_BATCH = 500
_AT_ONCE = 8
_Wanted = tuple[Charge, Bill]


@dataclass(frozen=True, slots=True)
class _Answer:
    asked: Sequence[Charge] = ()
    """Payments has taken them."""
    refused: Sequence[ChargeOutcome] = ()
    """It never will."""
    unknown: Sequence[Charge] = ()
    """Nobody answered; they are asked for again."""


async def ask_charges(now: datetime, *, open_store: OpenStore, payments: ChargesOutside) -> int:
    """How many were taken; call again while it is not 0."""
    async with open_store(None) as store:
        taken = await store.charges.lease(now, now + _LEASE, _BATCH)
        bills = await store.charges.bills([charge.order_id for charge in taken]) if taken else {}
    by_organization: dict[UUID, list[_Wanted]] = defaultdict(list)
    for charge in taken:
        by_organization[charge.organization_id].append((charge, bills[charge.order_id]))
    crashpoint("before_charges_are_asked")
    limit = asyncio.Semaphore(_AT_ONCE)

    async def ask(wanted: Sequence[_Wanted]) -> _Answer:
        async with limit:
            return await _ask(wanted, payments)

    answers = await asyncio.gather(*(ask(wanted) for wanted in by_organization.values()))
    crashpoint("after_charges_are_asked")
    async with open_store(None) as store:
        # Whose outcome was quicker than this note is over already, and stays so.
        await store.charges.save_unasked([moved(charge, "ask") for answer in answers for charge in answer.asked], now)
        await store.charges.save_unasked([charge for answer in answers for charge in answer.unknown], now + _PAUSE)
        await settle_charges([outcome for answer in answers for outcome in answer.refused], now, store=store)
    return len(taken)


async def _ask(wanted: Sequence[_Wanted], payments: ChargesOutside) -> _Answer:
    """All at once; half by half where one of them is refused."""
    charges = [charge for charge, _ in wanted]
    try:
        await payments.ask(wanted)
    except (Unavailable, Conflict, Exhausted):
        return _Answer(unknown=charges)
    except BursarError as error:
        if len(wanted) == 1:
            return _Answer(refused=[_refused(charges[0], error)])
        half = len(wanted) // 2
        first, second = await _ask(wanted[:half], payments), await _ask(wanted[half:], payments)
        return _Answer([*first.asked, *second.asked], [*first.refused, *second.refused], [*first.unknown, *second.unknown])
    return _Answer(asked=charges)


def _refused(charge: Charge, error: BursarError) -> ChargeOutcome:
    failure = PaymentFailure(error.reason.lower(), error.message)
    return ChargeOutcome(charge.order_id, charge.attempt, Declined(failure, retryable=False))
