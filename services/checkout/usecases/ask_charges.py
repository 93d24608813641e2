"""Orders wait to be charged: payments is told, by the hundred, outside of any transaction.

A charge is written down before payments is asked and marked after, so a crash anywhere asks again under the same key.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.chassis.crashpoint import crashpoint
from services.chassis.errors import BursarError, Conflict, Exhausted, Unavailable
from services.checkout.domain.charge import Charge, ChargeOutcome, moved
from services.checkout.domain.payment import Declined, PaymentFailure
from services.checkout.usecases.ports import Bill, ChargesOutside, OpenStore
from services.checkout.usecases.settle_charges import settle_charges

_LEASE = timedelta(seconds=30)
"""Longer than a call takes: what is still unasked by then was lost with whoever took it."""
_PAUSE = timedelta(seconds=2)
"""After a call that nobody answered."""
_BATCH = 500
_Wanted = tuple[Charge, Bill]


async def ask_charges(now: datetime, *, open_store: OpenStore, payments: ChargesOutside) -> int:
    """How many were taken; call again while it is not 0."""
    async with open_store(None) as store:
        taken = await store.charges.lease(now, now + _LEASE, _BATCH)
        bills = await store.charges.bills([charge.order_id for charge in taken]) if taken else {}
    by_organization: dict[UUID, list[_Wanted]] = defaultdict(list)
    for charge in taken:
        by_organization[charge.organization_id].append((charge, bills[charge.order_id]))
    crashpoint("before_charges_are_asked")
    for wanted in by_organization.values():
        asked, refused = await _ask(wanted, payments)
        crashpoint("after_charges_are_asked")
        async with open_store(None) as store:
            # Whose outcome was quicker than this note is over already, and stays so.
            await store.charges.save_unasked([moved(charge, "ask") for charge in asked], now)
            if not asked:
                await store.charges.save_unasked([charge for charge, _ in wanted], now + _PAUSE)
            await settle_charges(refused, now, store=store)
    return len(taken)


async def _ask(wanted: Sequence[_Wanted], payments: ChargesOutside) -> tuple[list[Charge], list[ChargeOutcome]]:
    """Those that payments has taken, and those that it never will; of the others nobody knows, they are asked for again."""
    try:
        await payments.ask(wanted)
    except (Unavailable, Conflict, Exhausted):
        return [], []
    except BursarError as error:
        if len(wanted) == 1:
            return [], [_refused(wanted[0][0], error)]
        half = len(wanted) // 2
        first, second = await _ask(wanted[:half], payments), await _ask(wanted[half:], payments)
        return first[0] + second[0], first[1] + second[1]
    return [charge for charge, _ in wanted], []


def _refused(charge: Charge, error: BursarError) -> ChargeOutcome:
    failure = PaymentFailure(error.reason.lower(), error.message)
    return ChargeOutcome(charge.order_id, charge.attempt, Declined(failure, retryable=False))
