"""First payments need their buyers: the subscriptions are incomplete until these are made, or are given up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from services.chassis.organization_clock import NowOf
from services.subscription.domain.catalog import KnownCustomer
from services.subscription.domain.first_payment import FirstPayment, awaited, awaited_again, expired
from services.subscription.domain.story import Change, Story
from services.subscription.domain.subscription import Subscription
from services.subscription.usecases.ports import Store, SubscriptionKey
from services.subscription.usecases.tell import tell


async def await_first_payments(payments: Sequence[FirstPayment], now_of: NowOf, *, store: Store) -> None:
    """Make those that are not there yet; of those that wait already, what would be sold is what was heard last.

    One whose checkout has expired, or whose customer was deleted, has expired at once, as if it had come first.
    """
    newest = {each.purchase.subscription_id: each for each in sorted(payments, key=lambda each: each.version)}.values()
    customers = await store.customers.lock({(each.purchase.organization_id, each.purchase.customer_id) for each in newest})
    expired_at = await store.first_payments.lock({_key(each) for each in newest})
    named = [_named(each, customers[each.purchase.organization_id, each.purchase.customer_id]) for each in newest]
    no_more: dict[SubscriptionKey, datetime] = {}
    for each in named:
        deleted_at = customers[each.purchase.organization_id, each.purchase.customer_id].deleted_at
        reasons = [instant for instant in (expired_at[_key(each)], deleted_at) if instant is not None]
        if reasons:
            no_more[_key(each)] = min(reasons)
    made = [_with_end(awaited(each, now), no_more.get(_key(each)), now) for each in named for now in [now_of(_key(each)[0])]]
    added = await store.subscriptions.add([story[-1].after for story in made])
    store.publisher.publish([step for story in made if story[-1].after.id in added for step in story])
    again = {_key(each): each for each in named if each.purchase.subscription_id not in added}
    stories: list[tuple[Subscription, Story]] = []
    for before in await store.subscriptions.lock_many(again.keys()) if again else ():
        key, now = (before.organization_id, before.id), now_of(before.organization_id)
        change = awaited_again(before, again[key], now)
        if change.facts:
            stories.append((before, _with_end(change, no_more.get(key), now)))
    await tell(stories, store=store)


async def expire_first_payments(expired_at: Mapping[SubscriptionKey, datetime], now_of: NowOf, *, store: Store) -> None:
    """Their checkouts ended and nothing was bought. Remembered also for those that are not there yet, or never will be."""
    await store.first_payments.expire(expired_at)
    found = await store.subscriptions.lock_many(expired_at.keys())
    ends = [(before, (expired(before, expired_at[before.organization_id, before.id], now_of(before.organization_id)),)) for before in found]
    await tell(ends, store=store)


def _key(payment: FirstPayment) -> SubscriptionKey:
    return payment.purchase.organization_id, payment.purchase.subscription_id


def _named(payment: FirstPayment, customer: KnownCustomer) -> FirstPayment:
    external_id = payment.purchase.external_customer_id or customer.external_id
    return replace(payment, purchase=replace(payment.purchase, external_customer_id=external_id))


def _with_end(change: Change, at: datetime | None, now: datetime) -> Story:
    return (change,) if at is None else (change, expired(change.after, at, now))
