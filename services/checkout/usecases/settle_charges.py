"""Charges of orders have an outcome: the orders are paid, tried again later, given up or void. For one or for many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.checkout.domain.charge import ChargeOutcome
from services.checkout.domain.collection import Collected, collect, may_be_over, one_by_one, pays
from services.checkout.domain.order import Order
from services.checkout.domain.payment import AttemptOutcome
from services.checkout.usecases.draw_numbers import draw_numbers
from services.checkout.usecases.lock_before_numbers import lock_before_numbers
from services.checkout.usecases.ports import Store


async def settle_charges(outcomes: Sequence[ChargeOutcome], machine_now: datetime, *, store: Store) -> dict[UUID, Order]:
    """The orders that the outcomes belong to, as they stand afterwards. Unknown ones are left out.

    Outcomes may come late, twice and in any order. Everything is locked, saved and published in one statement each.
    """
    orders = await store.orders.lock(sorted({outcome.order_id for outcome in outcomes}))
    if not orders:
        return {}
    by_order: dict[UUID, list[ChargeOutcome]] = defaultdict(list)
    for outcome in outcomes:
        by_order[outcome.order_id].append(outcome)
    charges = await store.charges.under_way([order.id for order in orders])
    organizations = await store.organizations.many(sorted({order.organization_id for order in orders}))
    now_of = await store.now_of(organizations)
    to_pay = [order for order in orders if any(pays(order, outcome) for outcome in by_order[order.id])]
    voidable = [order for order in orders if any(may_be_over(order, outcome) for outcome in by_order[order.id])]
    balances = await lock_before_numbers(orders if to_pay else (), voidable=voidable, store=store)
    numbers = await draw_numbers(to_pay, organizations, store=store)

    def fold(step: Collected) -> Collected:
        order_id, organization_id = step.order.id, step.order.organization_id
        for outcome in by_order[order_id]:
            step = collect(step, outcome, numbers.get(order_id, ()), organizations[organization_id], now_of(organization_id))
        return step

    collected = one_by_one([Collected(order, charges.get(order.id)) for order in orders], balances, fold)
    for step in collected:
        await _keep_surplus(step, now_of(step.order.organization_id), store)
    await save_collected(collected, machine_now, store=store)
    return {step.order.id: step.order for step in collected}


async def save_collected(collected: Sequence[Collected], machine_now: datetime, *, store: Store) -> None:
    """Write what became of orders and their charges, and tell of it."""
    changed = [step for step in collected if step.facts]
    await store.orders.save([step.order for step in changed])
    last = {(charge.order_id, charge.attempt): charge for step in collected for charge in step.ended}
    await store.charges.save(list(last.values()), machine_now)
    await store.balances.change([change for step in collected for change in step.changes])
    store.publish(*(fact for step in changed for fact in step.facts))


async def _keep_surplus(step: Collected, now: datetime, store: Store) -> None:
    order = step.order
    for surplus in step.surplus:
        await store.checkouts.keep_surplus(order.organization_id, order.id, AttemptOutcome(order.id, surplus.attempt, surplus.outcome), now)
