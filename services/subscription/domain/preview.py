"""What a change, the next renewal, or a cancellation would bill: the same functions, and nothing kept of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from services.subscription.domain.billing import Billing, BillingReason, bill
from services.subscription.domain.change_decision import Decision
from services.subscription.domain.change_shapes import ProrationBehavior
from services.subscription.domain.changes import Why, canceled
from services.subscription.domain.charging import charged
from services.subscription.domain.cycle import Situation, caught_up
from services.subscription.domain.errors import SubscriptionEnded
from services.subscription.domain.status import ENDED
from services.subscription.domain.story import SubscriptionFact
from services.subscription.domain.subscription import Subscription

_OVER = frozenset({SubscriptionFact.CYCLED, SubscriptionFact.PAUSED, SubscriptionFact.REVOKED})


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be billed, and how the subscription would be."""

    subscription: Subscription
    billing: Billing | None = None
    """None: nothing is going to be billed."""
    billed_at: datetime | None = None
    behavior: ProrationBehavior | None = None


def previewed_change(decision: Decision, situation: Situation) -> Preview:
    """What a change bills itself: now, or what of it waits for the next order; of a change for the next period, that period's order."""
    change = decision.change
    if decision.charge is not None:
        after = charged(change.after, decision.charge.entries, situation).after
        return Preview(after, decision.charge, situation.now, decision.behavior)
    if change.billing is not None:
        return Preview(change.after, change.billing, situation.now, decision.behavior)
    if change.entries:
        waiting = bill(change.after, change.entries, BillingReason.UPDATE, situation.new_id())
        return Preview(change.after, waiting, change.after.period.end, decision.behavior)
    if decision.behavior is ProrationBehavior.NEXT_PERIOD and change.facts:
        return replace(previewed_charge(change.after, situation), behavior=decision.behavior)
    return Preview(change.after, behavior=decision.behavior)


def previewed_charge(before: Subscription, situation: Situation) -> Preview:
    """What the end of the current period, or of the pause, bills, and how the subscription is after it."""
    current = before
    while (due_at := current.due_at) is not None:
        (step,) = caught_up(current, replace(situation, now=due_at, is_billed=False), most=1)
        current = step.after
        if step.billing is not None:
            return Preview(current, step.billing, due_at)
        if _OVER & set(step.facts):
            break
    return Preview(current)


def previewed_cancellation(before: Subscription, situation: Situation) -> Preview:
    """What a subscription that ends with its period still bills. SubscriptionEnded."""
    if before.status in ENDED:
        raise SubscriptionEnded
    ending = before if before.cancellation else canceled(before, Why(), situation).after
    return previewed_charge(ending, situation)
