"""Orders whose charge failed are tried again on their days, by whoever looks; and at once when their customer has a new card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.chassis.organization_clock import NowOf
from services.chassis.sweep import Sweep
from services.checkout.domain import order_steps as rules
from services.checkout.domain.charge import ChargeStatus, ChargeTrigger
from services.checkout.domain.collection import Collected, give_up, one_by_one
from services.checkout.domain.dunning import after_new_card, is_over
from services.checkout.domain.order import Order
from services.checkout.domain.organization import Organization
from services.checkout.usecases.bill_subscriptions import charge_of
from services.checkout.usecases.lock_before_numbers import lock_before_void
from services.checkout.usecases.order_ports import DueOrder
from services.checkout.usecases.ports import OpenStore, Store
from services.checkout.usecases.settle_charges import save_collected

_BATCH = 200


async def retry_due_orders(now: datetime, *, open_store: OpenStore, sweep: Sweep) -> int:
    """How many of live organizations went on, whose time is `now`."""

    async def find(store: Store, most: int, but: Sequence[UUID]) -> list[DueOrder]:
        return await store.orders.lock_due(now, most, but)

    async def do(store: Store, due: Sequence[DueOrder]) -> None:
        await _go_on(due, now, now, store)

    return await sweep.run(lambda: open_store(None), find, do, batch=_BATCH)


async def retry_due_orders_of(sandbox_id: UUID, now: datetime, machine_now: datetime, *, open_store: OpenStore) -> int:
    """How many of a sandbox went on at its time; call again while it is not 0."""
    async with open_store(sandbox_id) as store:
        due = await store.orders.lock_due_of(sandbox_id, now, _BATCH)
        await _go_on(due, now, machine_now, store)
    return len(due)


async def _go_on(due: Sequence[DueOrder], now: datetime, machine_now: datetime, store: Store) -> None:
    orders = await _with_nothing_under_way(await store.orders.lock([each.id for each in due]), store)
    over = [order for order in orders if _is_over(order, now)]
    organizations = await store.organizations.many(sorted({order.organization_id for order in over}))
    balances = await lock_before_void(over, store=store)
    steps = one_by_one(
        [Collected(order, None) for order in over], balances, lambda step: give_up(step, organizations[step.order.organization_id], now)
    )
    await save_collected(steps, machine_now, store=store)
    left = [order for order in orders if not _is_over(order, now)]
    cards = await store.customers.default_cards(sorted({order.placement.customer_id for order in left}))
    await _charge(left, cards, ChargeTrigger.DUNNING, lambda _: now, machine_now, store)


async def charge_new_cards(cards: Mapping[UUID, UUID], machine_now: datetime, *, store: Store) -> int:
    """Customers have a new default card: what they owe is charged to it. How many orders that are."""
    free = await _with_nothing_under_way(await store.orders.lock_past_due(sorted(cards)), store)
    organizations = await store.organizations.many(sorted({order.organization_id for order in free}))
    now_of = await store.now_of(organizations)
    planned = [_planned(order, organizations[order.organization_id], now_of(order.organization_id)) for order in free]
    await _charge(planned, cards, ChargeTrigger.NEW_CARD, now_of, machine_now, store)
    return len(free)


async def _with_nothing_under_way(locked: Sequence[Order], store: Store) -> list[Order]:
    """Asked once they are locked: somebody may have begun to charge one while it was waited for."""
    under_way = await store.charges.under_way([order.id for order in locked]) if locked else {}
    return [order for order in locked if order.id not in under_way]


def _is_over(order: Order, now: datetime) -> bool:
    return order.dunning is not None and is_over(order.dunning, now)


def _planned(order: Order, organization: Organization, now: datetime) -> Order:
    assert order.dunning is not None
    return replace(order, dunning=after_new_card(order.dunning, days=organization.dunning_days, now=now))


async def _charge(
    orders: Sequence[Order], cards: Mapping[UUID, UUID], trigger: ChargeTrigger, now_of: NowOf, machine_now: datetime, store: Store
) -> None:
    """`cards`: by customer, those that come before the orders' own."""
    attempted = [rules.attempted(order, payment_method_id=cards.get(order.placement.customer_id)) for order in orders]
    await store.orders.save(attempted)
    charges = [charge_of(order, trigger, ChargeStatus.UNASKED, now_of(order.organization_id)) for order in attempted]
    await store.charges.add(charges, machine_now)
