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
        due = await _with_nothing_under_way(await store.orders.lock_due(organization_id, now, _BATCH), store)
        over = [order for order in due if _is_over(order, now)]
        organizations = await store.organizations.many(sorted({order.organization_id for order in over}))
        steps = [give_up(Collected(order, None), organizations[order.organization_id], now) for order in over]
        await save_collected(steps, machine_now, store=store)
        left = [order for order in due if not _is_over(order, now)]
        cards = await store.customers.default_cards(sorted({order.placement.customer_id for order in left}))
        await _charge(left, cards, ChargeTrigger.DUNNING, lambda _: now, machine_now, store)
    return len(due)


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
