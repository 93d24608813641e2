"""Checkouts of recurring products succeeded: their subscriptions start, or free ones go on with what was bought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from services.chassis.organization_clock import NowOf
from services.subscription.domain.catalog import KnownCustomer
from services.subscription.domain.changes import ended_with_customer
from services.subscription.domain.cycle import Situation
from services.subscription.domain.first_payment import begun
from services.subscription.domain.start import Purchase, started, upgraded
from services.subscription.domain.story import Change, Story
from services.subscription.domain.subscription import Subscription
from services.subscription.usecases.follow_orders import settle_subscriptions
from services.subscription.usecases.ports import NewId, Store, SubscriptionKey
from services.subscription.usecases.situations import situations
from services.subscription.usecases.tell import tell


async def start_subscriptions(purchases: Sequence[Purchase], now_of: NowOf, new_id: NewId, *, store: Store) -> set[UUID]:
    """Start those that are not there yet, or wait for this payment; the ids of those. A customer who was deleted meanwhile gets one that
    has ended, as if it had come first."""
    # Two checkouts can name one subscription only by a defect; the first counts.
    once = {purchase.subscription_id: purchase for purchase in reversed(purchases)}.values()
    customers = await store.customers.lock({(purchase.organization_id, purchase.customer_id) for purchase in once})
    named: list[tuple[Purchase, KnownCustomer]] = []
    for purchase in once:
        customer = customers[purchase.organization_id, purchase.customer_id]
        named.append((replace(purchase, external_customer_id=purchase.external_customer_id or customer.external_id), customer))
    stories: list[Story] = []
    for purchase, customer in named:
        situation = Situation(now_of(purchase.organization_id), new_id)
        stories.append(_with_end(started(purchase, situation.now), customer, situation))
    added = await store.subscriptions.add([story[-1].after for story in stories])
    happened = [story for story in stories if story[-1].after.id in added]
    await store.entries.save([entry for story in happened for step in story for entry in step.entries])
    store.publisher.publish([step for story in happened for step in story])
    added |= await _begin([each for each in named if each[0].subscription_id not in added], now_of, new_id, store=store)
    started_by_now = {(purchase.organization_id, purchase.subscription_id) for purchase in once if purchase.subscription_id in added}
    await _owe(started_by_now, now_of, new_id, store=store)
    return added


async def upgrade_subscriptions(purchases: Sequence[Purchase], now_of: NowOf, new_id: NewId, *, store: Store) -> set[UUID]:
    """Free subscriptions go on with what was bought for them; the ids of those that are not there yet."""
    by_id = {purchase.subscription_id: purchase for purchase in purchases}
    there = await store.subscriptions.lock_many({(purchase.organization_id, purchase.subscription_id) for purchase in purchases})
    found = [each for each in there if not each.awaits_first_payment]
    situation_of = await situations(found, now_of, new_id, store=store)
    await tell([(before, (upgraded(before, by_id[before.id], situation_of[before.id]),)) for before in found], store=store)
    return by_id.keys() - {each.id for each in found}


async def _begin(paid: Sequence[tuple[Purchase, KnownCustomer]], now_of: NowOf, new_id: NewId, *, store: Store) -> set[UUID]:
    """Those that waited for their first payment go on as if nobody had waited."""
    if not paid:
        return set()
    by_key = {(purchase.organization_id, purchase.subscription_id): (purchase, customer) for purchase, customer in paid}
    stories: list[tuple[Subscription, Story]] = []
    for before in await store.subscriptions.lock_many(by_key.keys()):
        purchase, customer = by_key[before.organization_id, before.id]
        situation = Situation(now_of(before.organization_id), new_id)
        start = begun(before, purchase, situation.now)
        if start.facts:
            stories.append((before, _with_end(start, customer, situation)))
    await tell(stories, store=store)
    return {before.id for before, _ in stories}


def _with_end(start: Change, customer: KnownCustomer, situation: Situation) -> Story:
    end = ended_with_customer(start.after, customer.deleted_at, situation) if customer.deleted_at else ()
    return (start, *end)


async def _owe(keys: set[SubscriptionKey], now_of: NowOf, new_id: NewId, *, store: Store) -> None:
    """Facts of their orders may have come first."""
    unpaid = await store.orders.unpaid(keys)
    await settle_subscriptions({key for key in keys if key[1] in unpaid}, (), now_of, new_id, store=store)
