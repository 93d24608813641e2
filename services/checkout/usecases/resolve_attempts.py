"""Attempts whose outcome nobody told us: ask payments, then settle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.chassis.organization_clock import NowOf
from services.checkout.domain.checkout import Checkout
from services.checkout.domain.payment import ActionNeeded, AttemptOutcome, Declined, Outcome, PaymentFailure, Undecided
from services.checkout.usecases.outside_ports import NOBODY_KNOWS, Payments
from services.checkout.usecases.ports import OpenStore
from services.checkout.usecases.settle_attempts import settle_attempts

QUIET = timedelta(seconds=30)
"""Longer than asking payments may take, with all repetitions (26 s): what has not arrived by then never will."""
_BATCH = 100
_NEVER_MADE = PaymentFailure("payment_not_made", "The payment was not made. Please try again.")


async def resolve_attempts(now: datetime, *, open_store: OpenStore, payments: Payments) -> int:
    """How many attempts were decided. `now` is the machine's time; live buyers who let their time pass are given up by it, too."""
    async with open_store(None) as store:
        waiting = await store.checkouts.unanswered(now - QUIET, now, _BATCH)
        now_of = await store.now_of({checkout.organization_id for checkout in waiting})
    return await _resolve(waiting, now_of, open_store, payments)


async def give_up_attempts_of(sandbox_id: UUID, now: datetime, *, open_store: OpenStore, payments: Payments) -> int:
    """How many attempts of a sandbox were decided whose buyers let their time pass, at its time."""
    async with open_store(sandbox_id) as store:
        waiting = await store.checkouts.abandoned_of(sandbox_id, now, _BATCH)
    return await _resolve(waiting, lambda _: now, open_store, payments)


async def _resolve(waiting: Sequence[Checkout], now_of: NowOf, open_store: OpenStore, payments: Payments) -> int:
    outcomes = [
        AttemptOutcome(checkout.id, checkout.attempt, await _outcome(checkout, now_of(checkout.organization_id), payments))
        for checkout in waiting
    ]
    told = [outcome for outcome in outcomes if not isinstance(outcome.outcome, Undecided)]
    untold = {checkout.id for checkout in waiting} - {outcome.checkout_id for outcome in told}
    if outcomes:
        async with open_store(None) as store:
            await store.checkouts.ask_later(sorted(untold))
            if told:
                await settle_attempts(told, store=store)
    return sum(not isinstance(outcome.outcome, ActionNeeded) for outcome in told)


async def _outcome(checkout: Checkout, now: datetime, payments: Payments) -> Outcome:
    try:
        outcome = await payments.look_up(checkout)
        if outcome is None:
            return Declined(_NEVER_MADE, retryable=True)
        if isinstance(outcome, ActionNeeded) and now >= checkout.expires_at:
            return await payments.give_up(checkout)
        return outcome
    except NOBODY_KNOWS:
        return Undecided()
