"""Each invariant is broken, in the real databases, and it alone says so."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from deploy.audit.invariants import Invariant, Verdict, audit, invariants
from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.faults.buyers import WAYS, Plan, let_in
from tests.faults.planting import planted
from tests.faults.plants import PLANTS, Plant
from tests.faults.retrying import Retrying
from tests.faults.shop import Shop, open_shop
from tests.faults.soundness import come_to_rest
from tests.life.acting import found_actor
from tests.life.catalog import Merchant, Price, Product
from tests.life.operations import AdjustBalance, Subscribe, UseCard
from tests.support.eventually import eventually


@pytest.fixture(scope="module")
def sold(shared_stack: Stack, shared_suite: Suite) -> Stack:
    """A suite in which one of each way to buy has been gone, and in whose sandbox a month has passed that was not paid."""

    async def sell(shop: Shop) -> None:
        async with Retrying(shop.merchant.edge_url, random.Random(1)) as client:
            await let_in(shop, client, [Plan(number, way, 0.0) for number, way in enumerate(sorted(set(WAYS)))])

    asyncio.run(sell(open_shop(shared_stack)))
    _pass_a_month(shared_stack, shared_suite)
    come_to_rest(shared_stack, shared_suite)
    asyncio.run(eventually(lambda: shared_suite.value("ledger", "select count(*) from seal")))  # the books are sealed once a second
    return shared_stack


def _pass_a_month(stack: Stack, suite: Suite) -> None:
    start = datetime(2026, 1, 31, 9, tzinfo=UTC)
    actor = found_actor(stack, suite, Merchant(), start)
    actor.act(Subscribe(start, Product("Team", (Price("seats", tiers=((None, 900),)),)), seats=3))
    actor.caller.post("customer_seats", subscription_id=actor.subscription_id, email=f"{uuid4().hex}@example.com")
    actor.act(AdjustBalance(start, 100))
    actor.act(UseCard(start, "declined"))
    actor.advance(start + timedelta(days=29))


def test_a_suite_at_rest_has_no_problems_and_nothing_goes_unchecked(sold: Stack, shared_suite: Suite) -> None:
    found = audit(shared_suite)
    assert [verdict for verdict in found if verdict.problems] == []
    assert [verdict.invariant for verdict in found if not verdict.checked] == []


def _reporting(found: list[Verdict]) -> list[str]:
    return [verdict.invariant for verdict in found if verdict.problems]


@pytest.mark.parametrize(("invariant", "plant"), [pytest.param(invariant, plant, id=name) for name, invariant, plant in PLANTS])
def test_what_is_broken_is_found_by_its_invariant_alone(sold: Stack, invariant: Invariant, plant: Plant) -> None:
    with planted(sold) as suite:
        expected = invariant(suite).invariant
        plant(suite)
        assert _reporting(audit(suite)) == [expected]


def test_every_invariant_was_broken() -> None:
    assert {invariant for _, invariant, _ in PLANTS} == {getattr(each, "func", each) for each in invariants()}


def test_a_fact_that_was_to_be_given_up_is_no_problem_and_its_absence_is(sold: Stack) -> None:
    poison = uuid4()
    with planted(sold) as suite:
        suite.plant(
            "benefits",
            "insert into inbox_parked (consumer, event_id, type, headers, payload, error, attempts) "
            "values ('benefits', %(id)s, 'order.paid', '{}', '', 'planted', 5)",
            id=poison,
        )
        assert _reporting(audit(suite, parked=[poison])) == []
        assert _reporting(audit(suite, parked=[poison, uuid4()])) == ["Nothing is parked"]
