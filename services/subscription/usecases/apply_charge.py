"""The order of a change that waits for its charge is made and charged; then the change holds, or never was."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from services.chassis.database import Database
from services.chassis.ids import new_id
from services.chassis.organization_clock import OrganizationClock
from services.subscription.domain.billing import Billing
from services.subscription.domain.change_errors import PaymentFailed
from services.subscription.domain.charging import charge_of
from services.subscription.domain.entry import EntryState
from services.subscription.domain.errors import SubscriptionNotFound
from services.subscription.domain.subscription import Subscription
from services.subscription.usecases.change_ports import Charges
from services.subscription.usecases.follow_orders import follow_orders
from services.subscription.usecases.ports import Store, StoreOf, SubscriptionKey


@dataclass(frozen=True, kw_only=True)
class Charging:
    """What it takes to charge between two transactions."""

    database: Database
    store_of: StoreOf
    clock: OrganizationClock
    charges: Charges


async def apply_charge(key: SubscriptionKey, order_id: UUID, charging: Charging) -> Subscription:
    """The subscription after its change was charged: once for the order, whoever repeats it. PaymentFailed, or why there is no order.

    With `charging_update` nobody knows yet; facts of the order, or `apply_unanswered_charges`, go on from there.
    """
    async with charging.database.transaction(key[0]) as transaction:
        due = await _due(key, order_id, store=charging.store_of(transaction))
    if isinstance(due, Subscription):
        return due
    answer = await charging.charges.charge(*due)
    async with charging.database.transaction(key[0]) as transaction:
        store = charging.store_of(transaction)
        if answer.order is not None:
            now = await charging.clock.now(transaction, key[0])
            await follow_orders([answer.order], lambda _: now, new_id, store=store)
        after = await _get(key, store=store)
    if answer.refusal is not None:
        raise answer.refusal
    return after


async def _due(key: SubscriptionKey, order_id: UUID, *, store: Store) -> tuple[Subscription, Billing] | Subscription:
    """What is to be charged; the subscription, if it was and the change holds. PaymentFailed if it came to nothing."""
    subscription = await _get(key, store=store)
    entries = await store.entries.of_order(*key, order_id)
    if subscription.charging_update is not None and subscription.charging_update.order_id == order_id:
        return charge_of(subscription, entries)
    if any(entry.state is EntryState.BILLED for entry in entries):
        return subscription
    raise PaymentFailed


async def _get(key: SubscriptionKey, *, store: Store) -> Subscription:
    subscription = await store.subscriptions.get(*key)
    if subscription is None:
        raise SubscriptionNotFound(key[1])
    return subscription
