"""Orders of subscriptions were paid, or were not: debts come and go, changes that waited for their charge hold or are dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.chassis.organization_clock import NowOf
from services.subscription.domain.billing import BillingReason
from services.subscription.domain.charging import charged, not_charged
from services.subscription.domain.cycle import Situation
from services.subscription.domain.debt import OrderState, SubscriptionOrder, settled
from services.subscription.domain.story import Story, latest
from services.subscription.domain.subscription import Subscription
from services.subscription.usecases.ports import NewId, Store, SubscriptionKey
from services.subscription.usecases.situations import situations
from services.subscription.usecases.tell import tell


async def follow_orders(heard: Sequence[SubscriptionOrder], now_of: NowOf, new_id: NewId, *, store: Store) -> None:
    """Take facts of orders, in whatever order they come. `heard`: one an order."""
    await store.orders.hear(heard)
    owing = {(each.organization_id, each.subscription_id) for each in heard if each.state is not OrderState.PAID}
    keys = await store.subscriptions.of_orders({(each.organization_id, each.id, each.subscription_id) for each in heard}, owing)
    await settle_subscriptions(keys, heard, now_of, new_id, store=store)
    await _settle_entries(heard, store=store)


async def settle_subscriptions(
    keys: set[SubscriptionKey], heard: Sequence[SubscriptionOrder], now_of: NowOf, new_id: NewId, *, store: Store
) -> None:
    """Decide what the orders of these subscriptions make of them."""
    if not keys:
        return
    found = await store.subscriptions.lock_many(keys)
    # Read after the lock: of two who heard of different orders the second sees what the first wrote.
    unpaid = await store.orders.unpaid(keys)
    organizations = await store.organizations.get_many({key[0] for key in keys})
    situation_of = await situations(found, now_of, new_id, store=store)
    decided = await _charges_decided(found, heard, situation_of, store=store)
    paid: dict[UUID, list[SubscriptionOrder]] = {}
    for each in heard:
        if each.state is OrderState.PAID:
            paid.setdefault(each.subscription_id, []).append(each)
    stories: list[tuple[Subscription, Story]] = []
    for before in found:
        change: Story = decided.get(before.id, ())
        keeps_unpaid = organizations[before.organization_id].keeps_unpaid
        orders = [*unpaid.get(before.id, ()), *paid.get(before.id, ())]
        situation = situation_of[before.id].after(change)
        debts = settled(latest(before, change), orders, keeps_unpaid=keeps_unpaid, situation=situation)
        stories.append((before, (*change, *debts)))
    await tell(stories, store=store)


async def _charges_decided(
    found: Sequence[Subscription], heard: Sequence[SubscriptionOrder], situation_of: Mapping[UUID, Situation], *, store: Store
) -> dict[UUID, Story]:
    """What becomes of the changes that waited for one of these orders, by subscription."""
    known = {each.id: each for each in heard if each.state is not OrderState.FAILED}
    waiting = [
        (before, known[before.charging_update.order_id])
        for before in found
        if before.charging_update is not None and before.charging_update.order_id in known
    ]
    reserved = await store.entries.reserved({(before.organization_id, order.id) for before, order in waiting})
    return {
        before.id: (
            (charged if order.state is OrderState.PAID else not_charged)(before, reserved.get(order.id, ()), situation_of[before.id]),
        )
        for before, order in waiting
    }


async def _settle_entries(heard: Sequence[SubscriptionOrder], *, store: Store) -> None:
    """Entries that were reserved for an order of a change that nothing waits for any more: the subscription ended meanwhile.
    Those of renewals belong to theirs from the first."""
    changes = [each for each in heard if each.reason == BillingReason.UPDATE]
    for state, paid in ((OrderState.PAID, True), (OrderState.VOID, False)):
        await store.entries.settle({(each.organization_id, each.id) for each in changes if each.state is state}, paid=paid)
