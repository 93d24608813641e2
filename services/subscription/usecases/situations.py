"""What decisions about subscriptions depend on beside them, read for many at once."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.chassis.organization_clock import NowOf
from services.subscription.domain.cycle import Situation
from services.subscription.domain.subscription import Subscription
from services.subscription.usecases.ports import NewId, Store


async def situations(subscriptions: Sequence[Subscription], now_of: NowOf, new_id: NewId, *, store: Store) -> dict[UUID, Situation]:
    """By subscription; they must be locked."""
    pending = await store.entries.pending([(each.organization_id, each.id) for each in subscriptions])
    lost = await _lost_products(subscriptions, store=store)
    return {each.id: Situation(now_of(each.organization_id), new_id, pending.get(each.id, ()), lost.get(each.id)) for each in subscriptions}


async def _lost_products(subscriptions: Sequence[Subscription], *, store: Store) -> dict[UUID, UUID]:
    """By subscription that is to change to it, the product that has lost its price in their currency."""
    targets = {
        each.id: (each.organization_id, each.pending_update.product.product_id)
        for each in subscriptions
        if each.pending_update is not None and each.pending_update.product is not None
    }
    products = await store.catalog.products(set(targets.values()))
    currency = {each.id: each.terms.currency for each in subscriptions}
    return {each: key[1] for each, key in targets.items() if key in products and not products[key].prices_in(currency[each])}
