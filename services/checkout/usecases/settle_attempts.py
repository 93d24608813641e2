"""Attempts to pay have an outcome: checkouts succeed or open again, orders are paid, numbers are drawn. For one or for many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.chassis.organization_clock import NowOf
from services.checkout.domain.discount import same_person
from services.checkout.domain.payment import AttemptOutcome
from services.checkout.domain.settlement import Purchase, Settled, pays, settle
from services.checkout.usecases.catalog_ports import Redemption
from services.checkout.usecases.draw_numbers import draw_numbers
from services.checkout.usecases.judge_trials import judge_trials
from services.checkout.usecases.lock_before_numbers import lock_before_numbers
from services.checkout.usecases.ports import Store


async def settle_attempts(outcomes: Sequence[AttemptOutcome], *, store: Store) -> dict[UUID, Purchase]:
    """The purchases that the outcomes belong to, as they stand afterwards, by checkout. Those of unknown checkouts are left out.

    Outcomes may come late, twice and in any order. Everything is locked, saved and published in one statement each.
    """
    purchases = await store.checkouts.lock_purchases(sorted({outcome.checkout_id for outcome in outcomes}))
    purchases, judged = await judge_trials(purchases, outcomes, store=store)
    return await settle_locked(purchases, judged, store=store)


async def settle_locked(purchases: Sequence[Purchase], outcomes: Sequence[AttemptOutcome], *, store: Store) -> dict[UUID, Purchase]:
    """The same for purchases that this transaction has locked, or made."""
    by_checkout: dict[UUID, list[AttemptOutcome]] = defaultdict(list)
    for outcome in outcomes:
        by_checkout[outcome.checkout_id].append(outcome)
    to_pay = [purchase.order for purchase in purchases if any(pays(purchase, outcome) for outcome in by_checkout[purchase.checkout.id])]
    organizations = await store.organizations.many(sorted({order.organization_id for order in to_pay})) if to_pay else {}
    redeemed = {each.checkout.offer.discount.discount_id for each in purchases if each.checkout.offer.discount is not None}
    await lock_before_numbers([each.order for each in purchases], redeemed, store=store)
    numbers = await draw_numbers(to_pay, organizations, store=store)
    now_of = await store.now_of({purchase.order.organization_id for purchase in purchases})
    settled = [
        step
        for purchase in purchases
        for step in _fold(purchase, by_checkout[purchase.checkout.id], numbers.get(purchase.order.id, ()), now_of)
    ]
    await _save(settled, now_of, store)
    after = {purchase.checkout.id: purchase for purchase in purchases}
    return after | {step.purchase.checkout.id: step.purchase for step in settled}


def _fold(purchase: Purchase, outcomes: Sequence[AttemptOutcome], numbers: Sequence[str], now_of: NowOf) -> list[Settled]:
    now, steps = now_of(purchase.order.organization_id), list[Settled]()
    for outcome in outcomes:
        step = settle(purchase, outcome, numbers, now)
        purchase = step.purchase
        steps.append(step)
    return steps


async def _save(settled: Sequence[Settled], now_of: NowOf, store: Store) -> None:
    changed = [step for step in settled if step.facts]
    checkouts = {step.purchase.checkout.id: step.purchase.checkout for step in changed}
    orders = {step.purchase.order.id: step.purchase.order for step in changed}
    await store.checkouts.save(list(checkouts.values()))
    await store.orders.save(list(orders.values()))
    await store.balances.change([change for step in changed for change in step.changes])
    await store.discounts.release(sorted(step.purchase.checkout.id for step in changed if step.releases_redemption))
    again = [step.purchase for step in changed if _redeems_again(step)]
    await store.discounts.redeem_again([redemption_of(each, now_of(each.order.organization_id)) for each in again])
    for step in settled:
        if step.surplus is not None:
            order = step.purchase.order
            await store.checkouts.keep_surplus(order.organization_id, order.id, step.surplus, now_of(order.organization_id))
        store.publish(*step.facts)


def _redeems_again(step: Settled) -> bool:
    return step.redeems_again and step.purchase.checkout.offer.discount is not None


def redemption_of(purchase: Purchase, now: datetime) -> Redemption:
    """The use of a discount that a confirmed checkout makes."""
    checkout, order = purchase.checkout, purchase.order
    assert checkout.offer.discount is not None
    return Redemption(
        checkout_id=checkout.id,
        subscription_id=None,
        request_id=None,
        organization_id=checkout.organization_id,
        discount_id=checkout.offer.discount.discount_id,
        customer_id=order.placement.customer_id,
        person=same_person(checkout.buyer.email or ""),
        created_at=now,
    )
