"""What a change would bill, and how the subscription would be; nothing is stored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from services.subscription.domain.change_decision import changed
from services.subscription.domain.cycle import Situation
from services.subscription.domain.preview import Preview, previewed_change
from services.subscription.domain.story import latest
from services.subscription.domain.subscription import Subscription
from services.subscription.usecases.apply_change import AskedChange, rules_for
from services.subscription.usecases.change_subscription import locked
from services.subscription.usecases.ports import NewId, Store, SubscriptionKey
from services.subscription.usecases.seat_ports import Seats


async def preview_change(key: SubscriptionKey, asked: AskedChange, now: datetime, new_id: NewId, *, store: Store, seats: Seats) -> Preview:
    """As the change itself decides, up to where it would be stored."""
    before, due, situation = await locked(*key, now, new_id, store=store)
    current = latest(before, due)
    rules = await rules_for(current, asked, store=store, seats=seats)
    return previewed_change(changed(current, asked.wish, rules, situation), situation)


async def preview_due(
    key: SubscriptionKey, preview: Callable[[Subscription, Situation], Preview], now: datetime, new_id: NewId, *, store: Store
) -> Preview:
    """What time, or a cancellation, would bill."""
    before, due, situation = await locked(*key, now, new_id, store=store)
    return preview(latest(before, due), situation)
