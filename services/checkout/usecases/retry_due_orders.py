"""Orders whose charge failed are tried again on their days, by whoever looks; and at once when their customer has a new card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.chassis.organization_clock import NowOf
from services.checkout.domain import order_steps as rules
from services.checkout.domain.charge import ChargeStatus, ChargeTrigger
from services.checkout.domain.collection import Collected, give_up
from services.checkout.domain.dunning import after_new_card, is_over
from services.checkout.domain.order import Order
from services.checkout.domain.organization import Organization
from services.checkout.usecases.bill_subscriptions import charge_of
from services.checkout.usecases.ports import OpenStore, Store
from services.checkout.usecases.settle_charges import save_collected

_BATCH = 200


async def retry_due_orders(organization_id: UUID | None, now: datetime, machine_now: datetime, *, open_store: OpenStore) -> int:
    """How many went on: of one sandbox, or (None) of all live organizations, whose time is `now`. Call again while it is not 0."""
    async with open_store(organization_id) as store:
        due = await store.orders.lock_due(organization_id, now, _BATCH)
        over = [order for order in due if order.dunning is not None and is_over(order.dunning, now)]
        organizations = await store.organizations.many(sorted({order.organization_id for order in over}))
        steps = [give_up(Collected(order, None), organizations[order.organization_id], now) for order in over]
        await save_collected(steps, machine_now, store=store)
        await _charge([order for order in due if order not in over], ChargeTrigger.DUNNING, lambda _: now, machine_now, store)
    return len(due)


async def charge_new_cards(cards: Mapping[UUID, UUID], machine_now: datetime, *, store: Store) -> int:
    """Customers have a new default card: what they owe is charged to it. How many orders that are."""
    orders = await store.orders.lock_past_due(sorted(cards))
    under_way = await store.charges.under_way([order.id for order in orders]) if orders else {}
    free = [order for order in orders if order.id not in under_way]
    organizations = await store.organizations.many(sorted({order.organization_id for order in free}))
    now_of = await store.now_of(organizations)
    planned = [
        _with_card(order, cards[order.placement.customer_id], organizations[order.organization_id], now_of(order.organization_id))
        for order in free
    ]
    await _charge(planned, ChargeTrigger.NEW_CARD, now_of, machine_now, store)
    return len(free)


def _with_card(order: Order, card: UUID, organization: Organization, now: datetime) -> Order:
    assert order.dunning is not None
    dunning = after_new_card(order.dunning, days=organization.dunning_days, now=now)
    return replace(order, dunning=dunning, placement=replace(order.placement, payment_method_id=card))


async def _charge(orders: Sequence[Order], trigger: ChargeTrigger, now_of: NowOf, machine_now: datetime, store: Store) -> None:
    attempted = [rules.attempted(order) for order in orders]
    await store.orders.save(attempted)
    charges = [charge_of(order, trigger, ChargeStatus.UNASKED, now_of(order.organization_id)) for order in attempted]
    await store.charges.add(charges, machine_now)
