"""Charges whose outcome nobody told us: ask payments, then settle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.checkout.domain.charge import PATIENCE, Charge, ChargeOutcome, ChargeStatus, ChargeTrigger, moved
from services.checkout.domain.payment import ActionNeeded, Declined, Outcome, PaymentFailure, Undecided
from services.checkout.usecases.give_up_charge import give_up_charge
from services.checkout.usecases.outside_ports import NOBODY_KNOWS, ChargesOutside
from services.checkout.usecases.ports import OpenStore, Store
from services.checkout.usecases.settle_charges import settle_charges

_BATCH = 100
_SYNCHRONOUS = (ChargeTrigger.CHANGE, ChargeTrigger.CUSTOMER)
_NEVER_MADE = Declined(PaymentFailure("payment_not_made", "The payment was not made. Please try again."), retryable=True)


async def resolve_charges(now: datetime, *, open_store: OpenStore, payments: ChargesOutside) -> int:
    """How many were decided, or are asked for again. `now` is the machine's time, by which live buyers who do not act are given up."""
    async with open_store(None) as store:
        waiting = await store.charges.unanswered(now, _BATCH)
    return await _resolve(waiting, now, open_store, payments)


async def give_up_charges_of(
    sandbox_id: UUID, now: datetime, machine_now: datetime, *, open_store: OpenStore, payments: ChargesOutside
) -> int:
    """How many charges of a sandbox were decided whose buyers let their time pass, at its time."""
    async with open_store(sandbox_id) as store:
        waiting = await store.charges.abandoned_of(sandbox_id, now - PATIENCE, _BATCH)
    return await _resolve(waiting, machine_now, open_store, payments)


async def next_abandoned_charge(sandbox_id: UUID, until: datetime, *, store: Store) -> datetime | None:
    """The earliest instant, up to and with `until`, at which a buyer of a sandbox has waited too long to act."""
    begun = await store.charges.oldest_awaited(sandbox_id, until - PATIENCE)
    return begun and begun + PATIENCE


async def _resolve(waiting: Sequence[Charge], now: datetime, open_store: OpenStore, payments: ChargesOutside) -> int:
    answers = [(charge, await _outcome(charge, payments)) for charge in waiting]
    lost = [charge for charge, outcome in answers if outcome is None]
    told = [(charge, outcome) for charge, outcome in answers if outcome is not None]
    async with open_store(None) as store:
        await store.charges.save_asked([moved(charge, "ask_again") for charge in lost], now)
        # Asked about again only after a while.
        await store.charges.save_asked([charge for charge, outcome in told if charge.status is ChargeStatus.ASKED], now)
        outcomes = [ChargeOutcome(charge.order_id, charge.attempt, outcome) for charge, outcome in told]
        decided = [each for each in outcomes if not isinstance(each.outcome, Undecided)]
        await settle_charges(decided, now, store=store)
    return len(decided) + len(lost)


async def _outcome(charge: Charge, payments: ChargesOutside) -> Outcome | None:
    """None: payments never heard of it, and nobody waits for the answer, so that it is to be asked for again."""
    try:
        outcome = await payments.look_up(charge)
        if outcome is None:
            return _NEVER_MADE if charge.trigger in _SYNCHRONOUS else None
        if isinstance(outcome, ActionNeeded) and (charge.status is ChargeStatus.AWAITING_BUYER or not charge.has_buyer):
            return await give_up_charge(charge, payments=payments)
        return outcome
    except NOBODY_KNOWS:
        return Undecided()
