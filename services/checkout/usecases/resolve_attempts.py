"""Attempts whose outcome nobody told us: ask payments, then settle."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.chassis.errors import Unavailable
from services.checkout.domain.checkout import Checkout
from services.checkout.domain.payment import ActionNeeded, AttemptOutcome, Declined, Outcome, PaymentFailure, Undecided
from services.checkout.usecases.ports import OpenStore, Payments
from services.checkout.usecases.settle_attempts import settle_attempts

QUIET = timedelta(seconds=30)
"""Longer than asking payments may take, with all repetitions (26 s): what has not arrived by then never will."""
_BATCH = 100
_NEVER_MADE = PaymentFailure("payment_not_made", "The payment was not made. Please try again.")


async def resolve_attempts(now: datetime, *, open_store: OpenStore, payments: Payments) -> int:
    """How many attempts were decided."""
    async with open_store(None) as store:
        waiting = await store.checkouts.unanswered(now - QUIET, now, _BATCH)
    outcomes = [AttemptOutcome(checkout.id, checkout.attempt, await _outcome(checkout, now, payments)) for checkout in waiting]
    decided = [outcome for outcome in outcomes if not isinstance(outcome.outcome, Undecided)]
    if decided:
        async with open_store(None) as store:
            await settle_attempts(decided, now, store=store)
    return len(decided)


async def _outcome(checkout: Checkout, now: datetime, payments: Payments) -> Outcome:
    try:
        outcome = await payments.look_up(checkout)
        if outcome is None:
            return Declined(_NEVER_MADE, retryable=True)
        if isinstance(outcome, ActionNeeded) and now >= checkout.expires_at:
            return await payments.give_up(checkout)
        return outcome
    except Unavailable:
        return Undecided()
