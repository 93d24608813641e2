"""However facts and edits are mixed, repeated and delayed, the same is granted in the end, and told of once."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Any
from uuid import UUID

from bursar.benefits.v1 import benefits_events_pb2 as messages
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.benefits.domain.benefit import Kind
from services.benefits.tests.builders import (
    ORGANIZATION,
    a_draft,
    customer_deleted,
    customer_fact,
    order_paid,
    subscription_fact,
)
from services.benefits.tests.suite import Suite
from services.benefits.usecases.delete_benefit import delete_benefit
from services.benefits.usecases.sweep import sweep
from services.chassis.event import Event
from services.chassis.ids import new_id

FOLLOWED = ("trialing", "active", "past_due", "paused", "canceled")
ENTITLED = ("trialing", "active")
VERBS = {"past_due": "past_due", "paused": "paused", "canceled": "revoked"}


async def told_once_per_transition(suite: Suite) -> dict[UUID, bool]:
    """Whether each grant stands, by its facts: they alternate and their versions have no gap."""
    facts: defaultdict[UUID, list[tuple[int, str]]] = defaultdict(list)
    for fact in await suite.published("benefit_grant.%"):
        facts[fact.subject_id].append((fact.version, fact.type.removeprefix("benefit_grant.")))
    for history in facts.values():
        assert [version for version, _ in history] == list(range(1, len(history) + 1))
        assert [verb for _, verb in history] == (["created", "revoked"] * len(history))[: len(history)]
    return {grant: history[-1][1] == "created" for grant, history in facts.items()}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
async def test_facts_and_edits_in_any_order_end_in_the_same_grants(suite: Suite, data: st.DataObject) -> None:
    products = [new_id(), new_id()]
    benefits = [(await suite.benefit(a_draft(kind))).id for kind in (Kind.CUSTOM, Kind.LICENSE_KEYS)]
    events: list[Event[Any]] = []
    expected: set[tuple[UUID, UUID]] = set()
    carried = {product: data.draw(st.lists(st.sampled_from(benefits), unique=True)) for product in products}
    for _ in range(data.draw(st.integers(1, 3))):
        subscription, customer = new_id(), new_id()
        statuses = data.draw(st.lists(st.sampled_from(FOLLOWED), min_size=1, max_size=4))
        held = products[0]
        for version, status in enumerate(statuses, start=1):
            held = data.draw(st.sampled_from(products))
            events.append(subscription_fact(VERBS.get(status, "updated"), status, version, subscription, held, customer))
        if statuses[-1] in ENTITLED:
            expected |= {(subscription, benefit) for benefit in carried[held]}
    paid = order_paid(products[0], new_id())
    events.append(paid)
    expected |= {(paid.subject_id, benefit) for benefit in carried[products[0]]}
    if data.draw(st.booleans()):
        events.append(customer_deleted(UUID(paid.message.customer_id), 2))
        expected -= {(paid.subject_id, benefit) for benefit in benefits}
    events += data.draw(st.lists(st.sampled_from(events), max_size=4))

    edits = [(product, data.draw(st.lists(st.sampled_from(benefits), unique=True))) for product in products]
    steps: list[Event[Any] | tuple[UUID, list[UUID]]] = [*events, *edits]
    order = data.draw(st.permutations(steps))
    for step in order:
        if isinstance(step, Event):
            await suite.react(step)
        else:
            await suite.carry(*step)
    for product, benefit_ids in carried.items():
        await suite.carry(product, benefit_ids)

    mine = {event.subject_id for event in events}
    assert {(source, benefit) for source, benefit in await suite.live() if source in mine} == expected
    await told_once_per_transition(suite)
    assert await mismatches(suite) == 0


async def mismatches(suite: Suite) -> int:
    found: list[int] = []
    await sweep(database=suite.worker, ports=suite.ports, found=found.append)
    return found[0]


async def test_facts_and_edits_at_the_same_time_leave_nothing_behind(suite: Suite) -> None:
    product = new_id()
    benefits = [(await suite.benefit()).id for _ in range(3)]
    await suite.carry(product, benefits[:1])

    async def buy() -> None:
        for _ in range(10):
            await suite.react(*(order_paid(product, new_id()) for _ in range(3)))

    async def edit() -> None:
        for round_number in range(10):
            await suite.carry(product, benefits[: round_number % 3 + 1])

    await asyncio.gather(buy(), buy(), edit(), buy())
    await suite.settle()
    assert len(await suite.live()) == 90
    assert await mismatches(suite) == 0
    assert sum((await told_once_per_transition(suite)).values()) == 90


async def test_an_edit_waits_for_purchases_that_were_decided_by_the_old_state(suite: Suite) -> None:
    product = new_id()
    benefit = await suite.benefit()
    await suite.carry(product, [])
    paid = order_paid(product, new_id())
    async with suite.worker.transaction() as transaction:
        await suite.react_in(transaction, paid)
        edit = asyncio.create_task(suite.carry(product, [benefit.id]))
        await asyncio.wait([edit], timeout=0.2)
    await edit
    assert await suite.live() == {(paid.subject_id, benefit.id)}


async def test_a_deletion_waits_for_purchases_of_the_customer_who_was_there(suite: Suite) -> None:
    product, customer = new_id(), new_id()
    await suite.carry(product, [(await suite.benefit()).id])
    await suite.react(customer_fact(customer, 1))
    async with suite.worker.transaction() as transaction:
        await suite.react_in(transaction, order_paid(product, customer))
        deletion = asyncio.create_task(suite.react(customer_deleted(customer, 2)))
        await asyncio.wait([deletion], timeout=0.2)
        settled = asyncio.create_task(suite.settle())
        await asyncio.wait([settled], timeout=0.2)
    await asyncio.gather(deletion, settled)
    await suite.settle()
    assert await suite.live() == set()


async def test_two_workers_with_the_same_facts_grant_once(suite: Suite) -> None:
    product = new_id()
    await suite.carry(product, [(await suite.benefit()).id])
    paid = [order_paid(product, new_id()) for _ in range(20)]
    await asyncio.gather(suite.react(*paid), suite.react(*reversed(paid)), suite.react(*paid[5:]))
    assert len(await suite.live()) == 20
    assert len(await told_once_per_transition(suite)) == 20


async def test_a_deleted_benefit_leaves_products_and_customers(suite: Suite) -> None:
    product = new_id()
    benefit, other = await suite.benefit(), await suite.benefit()
    await suite.carry(product, [benefit.id, other.id])
    paid = order_paid(product, new_id())
    await suite.react(paid)
    async with suite.app.transaction(ORGANIZATION) as transaction:
        await delete_benefit(transaction, ORGANIZATION, benefit.id, ports=suite.ports)
    await suite.settle()
    assert await suite.live() == {(paid.subject_id, other.id)}


async def test_a_large_product_is_worked_off_in_batches(suite: Suite) -> None:
    product, other = new_id(), new_id()
    await suite.carry(product, [])
    await suite.react(*(order_paid(product, new_id()) for _ in range(450)), order_paid(other, new_id()))
    await suite.carry(product, [(await suite.benefit()).id])
    assert len(await suite.live()) == 450


async def test_the_sweep_finds_and_mends_what_went_wrong(suite: Suite) -> None:
    product = new_id()
    await suite.carry(product, [(await suite.benefit()).id])
    await suite.react(order_paid(product, new_id()), order_paid(product, new_id()))
    granted = await suite.live()
    async with suite.worker.connection() as connection:
        await connection.execute(
            b"update benefit_grant set status = 'revoked', revoked_at = now() where id = (select min(id::text)::uuid from benefit_grant)"
        )
    assert await mismatches(suite) == 1
    assert await suite.live() == granted
    assert await mismatches(suite) == 0


async def test_a_customer_who_gets_an_external_id_later_is_told_of_by_it(suite: Suite) -> None:
    product, customer = new_id(), new_id()
    await suite.carry(product, [(await suite.benefit()).id])
    await suite.react(order_paid(product, customer))
    await suite.react(customer_fact(customer, 3, "c-9"), customer_fact(customer, 2))
    fact = (await suite.published("benefit_grant.updated"))[0]
    assert messages.BenefitGrantUpdated.FromString(fact.payload).external_customer_id == "c-9"
    await suite.react(customer_fact(customer, 3, "c-9"))
    assert len(await suite.published("benefit_grant.updated")) == 1


async def test_a_revoked_grant_takes_its_license_key_along_and_brings_the_same_one_back(suite: Suite) -> None:
    product, customer, subscription = new_id(), new_id(), new_id()
    await suite.carry(product, [(await suite.benefit(a_draft(Kind.LICENSE_KEYS))).id])
    seen = []
    for version, (verb, status) in enumerate([("active", "active"), ("paused", "paused"), ("resumed", "active")], start=1):
        await suite.react(subscription_fact(verb, status, version, subscription, product, customer))
        async with suite.worker.connection() as connection:
            cursor = await connection.execute(b"select key, status from license_key")
            seen += [(row["key"], row["status"]) for row in await cursor.fetchall()]
    key = seen[0][0]
    assert seen == [(key, "granted"), (key, "revoked"), (key, "granted")]
