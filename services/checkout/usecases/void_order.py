"""Nobody shall owe an order any more: by hand, or because its subscription ended."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.checkout.domain.collection import Collected, one_by_one, void
from services.checkout.domain.errors import OrderNotFound, OrderNotPending, PaymentUnderWay
from services.checkout.domain.order import Order, OrderStatus
from services.checkout.usecases.lock_before_numbers import lock_before_void
from services.checkout.usecases.ports import Store
from services.checkout.usecases.settle_charges import save_collected


async def void_order(order_id: UUID, machine_now: datetime, *, store: Store) -> Order:
    """The order, void; the lock of its row keeps charges out. OrderNotFound, OrderNotPending, PaymentUnderWay."""
    locked = await store.orders.lock([order_id])
    if not locked:
        raise OrderNotFound
    order = locked[0]
    if order.status is OrderStatus.VOID:
        return order
    if order.status is not OrderStatus.PENDING:
        raise OrderNotPending(order.status)
    # What a checkout sells goes with its checkout, which may be confirmed at any moment.
    if order.placement.checkout_id is not None or await store.charges.under_way([order_id]):
        raise PaymentUnderWay
    (after,) = await _void([order], machine_now, store)
    return after


async def end_subscriptions(
    ended: Sequence[tuple[UUID, UUID]], payer_ids: Collection[UUID], machine_now: datetime, *, store: Store
) -> None:
    """Of subscriptions, by organization and id: what they owe is void, or will be if the charge under way fails."""
    # Who bills them holds this lock too, so either the order is here already, or it is made knowing that they ended.
    await store.customers.lock_payers(sorted(payer_ids))
    await store.ended_subscriptions.keep(ended)
    orders = await store.orders.lock_pending_of_subscriptions(sorted({subscription_id for _, subscription_id in ended}))
    # Their first order belongs to a checkout, which ends it itself.
    orders = [order for order in orders if order.placement.checkout_id is None]
    if not orders:
        return
    charges = await store.charges.under_way([order.id for order in orders])
    await _void([order for order in orders if order.id not in charges], machine_now, store)
    charged = [order for order in orders if order.id in charges]
    await store.orders.save([replace(order, placement=replace(order.placement, void_on_failure=True)) for order in charged])


async def _void(orders: Sequence[Order], machine_now: datetime, store: Store) -> list[Order]:
    """Orders that are locked, and that nothing is under way for."""
    now_of = await store.now_of({order.organization_id for order in orders})
    balances = await lock_before_void(orders, store=store)
    steps = one_by_one([Collected(order, None) for order in orders], balances, lambda step: void(step, now_of(step.order.organization_id)))
    await save_collected(steps, machine_now, store=store)
    return [step.order for step in steps]
