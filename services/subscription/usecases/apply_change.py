"""Somebody changes what a subscription is for, or when: it holds at once, waits, or is stored to be charged first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.subscription.domain.change_decision import Rules, changed
from services.subscription.domain.change_shapes import ProrationBehavior, ProrationDefaults, Wish
from services.subscription.domain.story import latest
from services.subscription.domain.subscription import Subscription
from services.subscription.usecases.change_subscription import locked
from services.subscription.usecases.ports import NewId, Store, SubscriptionKey
from services.subscription.usecases.seat_ports import Seats
from services.subscription.usecases.tell import tell


@dataclass(frozen=True, slots=True)
class AskedChange:
    """What is asked for, and how it is to be billed; None: as the organization chose."""

    wish: Wish
    behavior: ProrationBehavior | None = None


async def apply_change(
    key: SubscriptionKey, asked: AskedChange, now: datetime, new_id: NewId, *, store: Store, seats: Seats
) -> Subscription:
    """The subscription after the change. With a `charging_update`, its order is to be charged next."""
    before, due, situation = await locked(*key, now, new_id, store=store)
    current = latest(before, due)
    decision = changed(current, asked.wish, await rules_for(current, asked, store=store, seats=seats), situation)
    if decision.change.facts:
        await tell([(before, (*due, decision.change))], store=store)
    return decision.change.after


async def rules_for(current: Subscription, asked: AskedChange, *, store: Store, seats: Seats) -> Rules:
    """What decides beside the subscription, which is locked, so that nobody gives seats meanwhile."""
    organization = await store.organizations.get(current.organization_id)
    defaults = ProrationDefaults(
        ProrationBehavior(organization.upgrade_proration_behavior), ProrationBehavior(organization.downgrade_proration_behavior)
    )
    assigned = await seats.assigned_count(current.organization_id, current.id) if current.terms.seats is not None else 0
    return Rules(defaults, asked.behavior, assigned)
