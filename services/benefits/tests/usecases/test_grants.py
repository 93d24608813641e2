"""From facts to grants."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bursar.benefits.v1 import benefits_events_pb2 as messages

from services.benefits.domain.grant import revoked, touched
from services.benefits.tests.builders import order_paid, organization_updated, subscription_fact
from services.benefits.tests.suite import Suite
from services.benefits.usecases.end_grace import end_grace
from services.chassis.errors import Conflict
from services.chassis.ids import new_id


async def test_a_paid_order_grants_what_its_product_carries(suite: Suite) -> None:
    product, customer = new_id(), new_id()
    first, second = await suite.benefit(), await suite.benefit()
    await suite.carry(product, [first.id, second.id])
    paid = order_paid(product, customer, external_customer_id="c-1")
    await suite.react(paid, paid)
    assert await suite.live() == {(paid.subject_id, first.id), (paid.subject_id, second.id)}
    facts = await suite.published("benefit_grant.%")
    assert [(fact.type, fact.version) for fact in facts] == [("benefit_grant.created", 1)] * 2
    told = messages.BenefitGrantCreated.FromString(facts[0].payload)
    assert (told.customer_id, told.external_customer_id, told.order_id) == (str(customer), "c-1", str(paid.subject_id))
    assert not told.HasField("subscription_id")


async def test_an_order_of_a_subscription_grants_nothing(suite: Suite) -> None:
    product = new_id()
    await suite.carry(product, [(await suite.benefit()).id])
    await suite.react(order_paid(product, new_id(), subscription_id=str(new_id())))
    assert await suite.live() == set()


async def test_a_product_that_gains_and_loses_benefits_takes_its_holders_along(suite: Suite) -> None:
    product = new_id()
    first, second = await suite.benefit(), await suite.benefit()
    paid = order_paid(product, new_id())
    await suite.react(paid)
    await suite.carry(product, [first.id])
    assert await suite.live() == {(paid.subject_id, first.id)}
    await suite.carry(product, [second.id])
    assert await suite.live() == {(paid.subject_id, second.id)}
    await suite.carry(product, [first.id])
    facts = [(fact.type, fact.version) for fact in await suite.published("benefit_grant.%")]
    created, revoked = "benefit_grant.created", "benefit_grant.revoked"
    assert facts == [(created, 1), (revoked, 2), (created, 1), (revoked, 2), (created, 3)]


async def test_a_subscription_entitles_until_it_is_revoked(suite: Suite) -> None:
    product, customer, subscription = new_id(), new_id(), new_id()
    benefit = await suite.benefit()
    await suite.carry(product, [benefit.id])
    held = {(subscription, benefit.id)}
    for version, (verb, status, expected) in enumerate(
        [
            ("created", "incomplete", set()),
            ("active", "trialing", held),
            ("canceled", "active", held),
            ("paused", "paused", set()),
            ("resumed", "active", held),
            ("past_due", "past_due", set()),
            ("updated", "unpaid", set()),
            ("active", "active", held),
            ("revoked", "canceled", set()),
        ],
        start=1,
    ):
        await suite.react(subscription_fact(verb, status, version, subscription, product, customer))
        assert await suite.live() == expected, verb


async def test_a_past_due_subscription_keeps_its_benefits_for_the_grace_period(suite: Suite) -> None:
    product, customer, subscription = new_id(), new_id(), new_id()
    benefit = await suite.benefit()
    await suite.carry(product, [benefit.id])
    await suite.react(organization_updated(grace_days=3, version=2))
    await suite.react(subscription_fact("past_due", "past_due", 1, subscription, product, customer))
    assert await suite.live() == {(subscription, benefit.id)}
    suite.clock.advance(timedelta(days=3))
    assert await end_grace(database=suite.worker, ports=suite.ports) == 0
    suite.clock.advance(timedelta(hours=1))
    assert await end_grace(database=suite.worker, ports=suite.ports) == 1
    assert await suite.live() == set()
    await suite.react(organization_updated(grace_days=10, version=3), organization_updated(grace_days=0, version=1))
    await suite.settle()
    assert await suite.live() == {(subscription, benefit.id)}


async def test_a_grant_that_somebody_else_changed_meanwhile_is_not_written_over(suite: Suite) -> None:
    product, now = new_id(), suite.clock.now()
    await suite.carry(product, [(await suite.benefit()).id])
    paid = order_paid(product, new_id())
    await suite.react(paid)
    async with suite.worker.transaction() as late:
        [read] = await suite.ports.grants.of_sources(late, [paid.subject_id])
        async with suite.worker.transaction() as quick:
            await suite.ports.grants.save(quick, [touched(read, now)[0]])
        with pytest.raises(Conflict):
            await suite.ports.grants.save(late, [revoked(read, now)[0]])
    async with suite.worker.transaction() as transaction:
        [kept] = await suite.ports.grants.of_sources(transaction, [paid.subject_id])
    assert (kept.status, kept.version) == ("granted", 2)
