"""Attempts to pay have an outcome: checkouts succeed or open again, orders are paid, numbers are drawn. For one or for many."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.checkout.domain.discount import same_person
from services.checkout.domain.invoice import Series
from services.checkout.domain.organization import Organization
from services.checkout.domain.payment import AttemptOutcome
from services.checkout.domain.settlement import Purchase, Settled, pays, series_of, settle
from services.checkout.usecases.ports import Redemption, Store


async def settle_attempts(outcomes: Sequence[AttemptOutcome], now: datetime, *, store: Store) -> dict[UUID, Purchase]:
    """The purchases that the outcomes belong to, as they stand afterwards, by checkout. Those of unknown checkouts are left out.

    Outcomes may come late, twice and in any order. Everything is locked, saved and published in one statement each.
    """
    purchases = await store.checkouts.lock_purchases(sorted({outcome.checkout_id for outcome in outcomes}))
    return await settle_locked(purchases, outcomes, now, store=store)


async def settle_locked(
    purchases: Sequence[Purchase], outcomes: Sequence[AttemptOutcome], now: datetime, *, store: Store
) -> dict[UUID, Purchase]:
    """The same for purchases that this transaction has locked, or made."""
    by_checkout: dict[UUID, list[AttemptOutcome]] = defaultdict(list)
    for outcome in outcomes:
        by_checkout[outcome.checkout_id].append(outcome)
    to_pay = [purchase for purchase in purchases if any(pays(purchase, outcome) for outcome in by_checkout[purchase.checkout.id])]
    numbers = await _draw_numbers(to_pay, store)
    settled = [
        step
        for purchase in purchases
        for step in _fold(purchase, by_checkout[purchase.checkout.id], numbers.get(purchase.checkout.id, ()), now)
    ]
    await _save(settled, now, store)
    after = {purchase.checkout.id: purchase for purchase in purchases}
    return after | {step.purchase.checkout.id: step.purchase for step in settled}


def _fold(purchase: Purchase, outcomes: Sequence[AttemptOutcome], numbers: Sequence[str], now: datetime) -> list[Settled]:
    steps: list[Settled] = []
    for outcome in outcomes:
        step = settle(purchase, outcome, numbers, now)
        purchase = step.purchase
        steps.append(step)
    return steps


async def _draw_numbers(to_pay: Sequence[Purchase], store: Store) -> dict[UUID, list[str]]:
    if not to_pay:
        return {}
    organizations = await store.organizations.many(sorted({purchase.order.organization_id for purchase in to_pay}))
    wanted = {purchase.checkout.id: _series(purchase, organizations) for purchase in to_pay}
    counts = Counter(series for each in wanted.values() for series in each)
    drawn = {series: iter(numbers) for series, numbers in (await store.orders.draw_numbers(counts)).items()}
    return {checkout_id: [next(drawn[series]) for series in each] for checkout_id, each in wanted.items()}


def _series(purchase: Purchase, organizations: Mapping[UUID, Organization]) -> tuple[Series, ...]:
    return series_of(purchase, organizations[purchase.order.organization_id])


async def _save(settled: Sequence[Settled], now: datetime, store: Store) -> None:
    changed = [step for step in settled if step.facts]
    checkouts = {step.purchase.checkout.id: step.purchase.checkout for step in changed}
    orders = {step.purchase.order.id: step.purchase.order for step in changed}
    await store.checkouts.save(list(checkouts.values()))
    await store.orders.save(list(orders.values()))
    await store.discounts.release(sorted(step.purchase.checkout.id for step in changed if step.releases_redemption))
    await store.discounts.redeem_again([redemption_of(step.purchase, now) for step in changed if _redeems_again(step)])
    await _add_debts(changed, store)
    for step in settled:
        if step.surplus is not None:
            order = step.purchase.order
            await store.checkouts.keep_surplus(order.organization_id, order.id, step.surplus, now)
        store.publish(*step.facts)


async def _add_debts(changed: Sequence[Settled], store: Store) -> None:
    debts: Counter[tuple[UUID, UUID, str]] = Counter()
    for step in changed:
        order = step.purchase.order
        if order.paid_at is not None and order.applied_balance_amount:
            debts[order.organization_id, order.placement.customer_id, order.quote.currency] += order.applied_balance_amount
    await store.customers.add_to_balances(debts)


def _redeems_again(step: Settled) -> bool:
    return step.redeems_again and step.purchase.checkout.offer.discount is not None


def redemption_of(purchase: Purchase, now: datetime) -> Redemption:
    """The use of a discount that a confirmed checkout makes."""
    checkout, order = purchase.checkout, purchase.order
    assert checkout.offer.discount is not None
    return Redemption(
        checkout_id=checkout.id,
        organization_id=checkout.organization_id,
        discount_id=checkout.offer.discount.discount_id,
        customer_id=order.placement.customer_id,
        person=same_person(checkout.buyer.email or ""),
        created_at=now,
    )
