"""Thousands of purchases' facts, repeated and shuffled, end in the same state as in order: the real reactions on real databases."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deploy.audit.invariants_checkout import amounts_follow, checkouts_and_orders_agree, numbers_have_no_gaps, redemptions_are_counted
from deploy.audit.invariants_facts import versions_have_no_gaps
from deploy.audit.invariants_ledger import balances_follow, books_balance, sequences_have_no_gaps
from deploy.audit.invariants_money import orders_are_booked
from deploy.audit.invariants_subscription import incomplete_ones_wait, subscriptions_follow
from deploy.audit.suite import Addresses, Suite
from services.benefits.app import bind
from services.benefits.domain.benefit import Kind, Properties
from services.benefits.usecases.create_benefit import Draft, create_benefit
from services.chassis.clock import ManualClock
from services.chassis.event import Event
from services.subscription.app import catch_up_all
from tests.properties.delivery import in_order, shuffled
from tests.properties.dumps import dump
from tests.properties.lives import cards, life, settings
from tests.properties.purchases import Recurring, Sold, desk
from tests.properties.renewals import Later, credited, dunned, renewed
from tests.properties.services import COMPOSED, Reacting, copy_of, reacting
from tests.support.databases import Cluster, ServiceDatabase, ServiceUrls, opened

Facts = list[Event[Any]]
_LATER = timedelta(days=45)
"""All that was sold is renewed by then, or was going to be."""
Bring = Callable[[Reacting, Iterable[Event[Any]]], Any]
_INVARIANTS = (
    amounts_follow,
    numbers_have_no_gaps,
    checkouts_and_orders_agree,
    redemptions_are_counted,
    subscriptions_follow,
    incomplete_ones_wait,
    orders_are_booked,
    books_balance,
    balances_follow,
    sequences_have_no_gaps,
    versions_have_no_gaps,
)


@dataclass(frozen=True, slots=True)
class Outside:
    """Facts of services that are not part of this: identity, payments, and further subscriptions."""

    settings: Facts
    payments: Facts
    cards: Facts
    lives: Facts
    billed: Facts
    """What subscription tells of those that were sold: periods, credits and ends."""
    dunning: Facts
    """What checkout tells of orders that only subscription hears of here."""


@pytest.mark.parametrize("purchases", [150])
async def test_facts_repeated_and_shuffled_end_in_the_same_state(cluster: Cluster, tmp_path: Path, purchases: int) -> None:
    await _compare(cluster, tmp_path, purchases)


@pytest.mark.faults
async def test_the_facts_of_ten_thousand_purchases_end_in_the_same_state(cluster: Cluster, tmp_path: Path) -> None:
    await _compare(cluster, tmp_path, 10_000)


async def _compare(cluster: Cluster, folder: Path, purchases: int) -> None:
    seed = int(os.environ.get("BURSAR_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"BURSAR_SEED={seed}")  # noqa: T201 - a failure is repeated with it
    chance = random.Random(seed)
    first = {service: cluster.create(service) for service in COMPOSED}
    async with opened(first["checkout"]) as checkout, opened(first["benefits"]) as benefits:
        cash_desk = desk(checkout, chance)
        sold, now = await cash_desk.sell(purchases), cash_desk.now
        await _stock_benefits(benefits, sold, now, chance)
    second = {service: copy_of(cluster, service, urls) for service, urls in first.items()}
    outside = _outside(sold, now, chance)
    orderly = await _run(first, outside, now, folder, in_order)
    jumbled = await _run(second, outside, now, folder, lambda service, facts: shuffled(service, facts, chance))
    for service in COMPOSED:
        found = _differences(orderly.states[service], jumbled.states[service])
        assert not found, "\n".join([f"{service} depends on the order, BURSAR_SEED={seed}", *found])
    print(f"{purchases} purchases: {orderly} in order, {jumbled} shuffled")  # noqa: T201
    for urls in (*first.values(), *second.values()):
        cluster.drop(urls)


@dataclass(frozen=True, slots=True)
class Run:
    """What came of one run."""

    states: Mapping[str, Sequence[str]]
    deliveries: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.deliveries} deliveries in {self.seconds:.1f} s"


async def _run(urls: Mapping[str, ServiceUrls], outside: Outside, now: datetime, folder: Path, bring: Bring) -> Run:
    began = time.monotonic()
    async with reacting(urls, now, folder) as services:
        deliveries = await bring(services["checkout"], [*outside.settings, *outside.cards, *outside.billed, *outside.payments])
        checkout_facts = await services["checkout"].told()
        deliveries += await bring(services["subscription"], [*outside.settings, *checkout_facts, *outside.dunning])
        deliveries += await bring(services["subscription"], await services["subscription"].told())
        subscription_facts = await services["subscription"].told()
        # What time does next follows from all that was heard.
        await catch_up_all(services["subscription"].database.worker, ManualClock(now + _LATER))
        settled = _settled(outside.payments, checkout_facts)
        deliveries += await bring(services["ledger"], [*checkout_facts, *settled])
        deliveries += await bring(services["benefits"], [*outside.settings, *checkout_facts, *subscription_facts, *outside.lives])
        await services["benefits"].run_schedules("backlog", "grace")
        states = {name: await dump(name, service.database) for name, service in services.items()}
    with Suite(Addresses({name: each.worker for name, each in urls.items()}, "", "")) as suite:
        broken = [f"{found.invariant}: {problem}" for check in _INVARIANTS for found in [check(suite)] for problem in found.problems]
    assert broken == []
    return Run(states, deliveries, time.monotonic() - began)


def _settled(payments: Facts, checkout_facts: Facts) -> Facts:
    """Payments of orders that are paid: a deleted customer's late payment still pays, so these are all that succeeded."""
    paid = {fact.subject_id for fact in checkout_facts if fact.type == "order.paid"}
    return [fact for fact in payments if fact.type == "payment.settled" and UUID(fact.message.order_id) in paid]


def _outside(sold: Sold, now: datetime, chance: random.Random) -> Outside:
    recurring = [sold.products["monthly"], sold.products["trial"]]
    keeps_unpaid = chance.random() < 0.5
    outside = Outside(list(settings(sold.organization_id, keeps_unpaid, now, chance)), list(sold.facts), [], [], [], [])
    of_customer: dict[UUID, list[Recurring]] = {}
    for each in sold.recurring:
        of_customer.setdefault(each.customer_id, []).append(each)
        if chance.random() < 0.3:
            outside.dunning.extend(dunned(each, sold.organization_id, keeps_unpaid, now, chance))
    for customer_id in sold.customers:
        if chance.random() < 0.4:
            outside.lives.extend(life(sold.organization_id, customer_id, recurring, now, chance))
        later = _later(of_customer.get(customer_id, []), sold, customer_id, now, chance)
        outside.billed.extend(fact for one in later for fact in one.billed)
        outside.payments.extend(fact for one in later for fact in one.paid)
        # A new card is charged at once for what is owed then, so it matters which of them came first.
        if chance.random() < 0.4 and not any(one.has_debts for one in later):
            outside.cards.extend(cards(sold.organization_id, customer_id, now, chance))
    return outside


def _later(subscriptions: Sequence[Recurring], sold: Sold, customer_id: UUID, now: datetime, chance: random.Random) -> list[Later]:
    """An order of a customer with a balance is the only one: the first takes it."""
    balance = sold.balances.get(customer_id, 0)
    if subscriptions and chance.random() < 0.2:
        return [credited(subscriptions[0], sold.organization_id, now)]
    return [renewed(each, sold.organization_id, balance, now, chance) for each in (subscriptions[:1] if balance else subscriptions)]


async def _stock_benefits(database: ServiceDatabase, sold: Sold, now: datetime, chance: random.Random) -> None:
    """Each product carries some benefits, one of them license keys."""
    ports = bind(ManualClock(now))
    async with database.worker.transaction(sold.organization_id) as transaction:
        drafts = [
            Draft(Kind.FEATURE_FLAG, "Support"),
            Draft(Kind.CUSTOM, "Note"),
            Draft(Kind.LICENSE_KEYS, "Key", properties=Properties(prefix="KEY")),
        ]
        made = [(await create_benefit(transaction, sold.organization_id, draft, ports=ports)).id for draft in drafts]
        await ports.products.ensure(transaction, dict.fromkeys(sold.products.values(), sold.organization_id))
        for product_id in sold.products.values():
            carried = [benefit_id for benefit_id in made if chance.random() < 0.7] or made
            await ports.benefits.link(transaction, sold.organization_id, product_id, carried)


def _differences(one: Sequence[str], other: Sequence[str]) -> list[str]:
    """The first rows that only one of them has."""
    left, right = set(one), set(other)
    only = [f"only in order: {row}" for row in sorted(left - right)] + [f"only shuffled: {row}" for row in sorted(right - left)]
    if not only and len(one) != len(other):
        only.append(f"{len(one)} rows in order, {len(other)} shuffled")
    return only[:10]
