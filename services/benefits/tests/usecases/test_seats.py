"""Benefits of what is sold by seats go to their holders while that which sold them is in force, in whatever order one hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from bursar.benefits.v1 import benefits_events_pb2 as messages
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.benefits.domain.benefit import Kind
from services.benefits.tests.builders import (
    START,
    a_draft,
    customer_deleted,
    customer_fact,
    order_paid,
    organization_updated,
    seat_fact,
    subscription_fact,
)
from services.benefits.tests.suite import Suite
from services.benefits.tests.usecases.test_convergence import mismatches, told_once_per_transition
from services.benefits.usecases.end_grace import end_grace
from services.chassis.errors import Conflict
from services.chassis.event import Event
from services.chassis.ids import new_id
from services.chassis.timestamps import to_timestamp

VERBS = {"past_due": "past_due", "paused": "paused", "canceled": "revoked"}
STATUSES = ("trialing", "active", "past_due", "paused", "unpaid", "canceled")


async def a_product(suite: Suite, kind: Kind = Kind.CUSTOM) -> tuple[UUID, UUID]:
    product, benefit = new_id(), await suite.benefit(a_draft(kind))
    await suite.carry(product, [benefit.id])
    return product, benefit.id


@st.composite
def seat_stories(draw: st.DrawFn, sold_by: Event[Any], people: list[UUID]) -> tuple[list[Event[Any]], UUID | None]:
    """What happened to one seat, in order, and who has it in the end."""
    seat, told = new_id(), list[Event[Any]]()
    holder: UUID | None = None
    for _ in range(draw(st.integers(1, 3))):
        person, by_email = draw(st.sampled_from(people)), draw(st.booleans())
        told.append(seat_fact("assigned", "pending", len(told) + 1, seat, sold_by, None if by_email else person))
        holder = None
        if draw(st.booleans()):
            told.append(seat_fact("claimed", "claimed", len(told) + 1, seat, sold_by, person))
            holder = person
        if draw(st.booleans()):
            told.append(seat_fact("revoked", "revoked", len(told) + 1, seat, sold_by, person))
            holder = None
        else:
            break
    return told, holder


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
async def test_facts_of_seats_and_of_what_sold_them_in_any_order_end_in_the_same_grants(suite: Suite, data: st.DataObject) -> None:
    (product, benefit), people = await a_product(suite), [new_id(), new_id()]
    subscription, payer = new_id(), data.draw(st.sampled_from([new_id(), people[0]]))
    by_order = data.draw(st.booleans())
    if by_order:
        bought: list[Event[Any]] = [order_paid(product, payer, seats=5)]
        in_force = True
    else:
        statuses = data.draw(st.lists(st.sampled_from(STATUSES), min_size=1, max_size=4))
        bought = [
            subscription_fact(VERBS.get(status, "updated"), status, version, subscription, product, payer, seats=5)
            for version, status in enumerate(statuses, start=1)
        ]
        in_force = statuses[-1] in ("trialing", "active")
    events, expected = list(bought), set[tuple[UUID, UUID, UUID]]()
    for _ in range(data.draw(st.integers(1, 3))):
        told, holder = data.draw(seat_stories(bought[0], people))
        events += told
        if in_force and holder is not None:
            expected.add((told[0].subject_id, holder, benefit))
    if data.draw(st.booleans()):
        events.append(customer_deleted(people[1], 2))
        expected = {each for each in expected if each[1] != people[1]}
    if payer == people[0] and data.draw(st.booleans()):
        events.append(customer_deleted(payer, 2))
        expected = set()
    events += data.draw(st.lists(st.sampled_from(events), max_size=4))

    shuffled = data.draw(st.permutations(events))
    while shuffled:
        batch = data.draw(st.integers(1, len(shuffled)))
        await suite.react(*shuffled[:batch])
        shuffled = shuffled[batch:]
    await suite.settle()

    mine = {event.subject_id for event in events}
    assert {each for each in await suite.held() if each[0] in mine} == expected
    await told_once_per_transition(suite)
    assert await mismatches(suite) == 0


async def test_seats_what_sold_them_and_edits_at_the_same_time_leave_nothing_behind(suite: Suite) -> None:
    (product, benefit), subscription, payer = await a_product(suite), new_id(), new_id()
    first = subscription_fact("active", "active", 1, subscription, product, payer, seats=30)
    holders = {new_id(): new_id() for _ in range(30)}

    async def whatever_it_takes(step: Callable[[], Awaitable[None]]) -> None:
        for _ in range(50):  # as the consumer and the schedules do
            with suppress(Conflict):
                return await step()
        raise AssertionError("others were always in the way")

    async def live() -> None:
        for version, status in enumerate(["active", "paused", "active", "unpaid", "active"] * 3, start=2):
            fact = subscription_fact("updated", status, version, subscription, product, payer, seats=30)
            await whatever_it_takes(partial(suite.react, fact))

    async def claim(some: list[tuple[UUID, UUID]]) -> None:
        for seat, holder in some:
            await whatever_it_takes(partial(suite.react, seat_fact("claimed", "claimed", 2, seat, first, holder)))

    async def edit() -> None:
        for round_number in range(6):
            await whatever_it_takes(partial(suite.carry, product, [benefit][: round_number % 2]))

    everybody = list(holders.items())
    await asyncio.gather(live(), claim(everybody[:15]), claim(everybody[15:]), edit())
    await suite.settle()
    assert await suite.held() == {(seat, holder, benefit) for seat, holder in everybody}
    assert await mismatches(suite) == 0
    assert sum((await told_once_per_transition(suite)).values()) == 30


async def test_a_subscription_with_seats_gives_its_payer_nothing_but_by_a_seat(suite: Suite) -> None:
    (product, benefit), payer, seat = await a_product(suite), new_id(), new_id()
    active = subscription_fact("active", "active", 1, new_id(), product, payer, seats=2)
    await suite.react(active)
    await suite.settle()
    assert await suite.held() == set()
    await suite.react(seat_fact("claimed", "claimed", 2, seat, active, payer))
    assert await suite.held() == {(seat, payer, benefit)}


async def test_seats_rest_with_their_subscription_and_come_back_with_the_same_keys(suite: Suite) -> None:
    (product, benefit), subscription, payer = await a_product(suite, Kind.LICENSE_KEYS), new_id(), new_id()
    holders = {new_id(): new_id() for _ in range(3)}
    first = subscription_fact("active", "active", 1, subscription, product, payer, seats=3)
    await suite.react(first, *(seat_fact("claimed", "claimed", 2, seat, first, holder) for seat, holder in holders.items()))
    await suite.settle()
    everybody = {(seat, holder, benefit) for seat, holder in holders.items()}
    assert await suite.held() == everybody
    for version, (verb, status, expected) in enumerate(
        [("paused", "paused", set()), ("resumed", "active", everybody), ("updated", "unpaid", set()), ("active", "active", everybody)],
        start=2,
    ):
        await suite.react(subscription_fact(verb, status, version, subscription, product, payer, seats=3))
        await suite.settle()
        assert await suite.held() == expected, verb
    async with suite.worker.connection() as connection:
        rows = await (await connection.execute(b"select status from license_key")).fetchall()
    assert [row["status"] for row in rows] == ["granted"] * 3


async def test_a_seat_follows_its_subscription_to_another_product(suite: Suite) -> None:
    (product, _), (other, benefit) = await a_product(suite), await a_product(suite)
    subscription, seat, holder = new_id(), new_id(), new_id()
    first = subscription_fact("active", "active", 1, subscription, product, new_id(), seats=2)
    payer = UUID(first.message.subscription.customer_id)
    await suite.react(first, seat_fact("claimed", "claimed", 2, seat, first, holder))
    await suite.react(subscription_fact("updated", "active", 2, subscription, other, payer, seats=2))
    await suite.settle()
    assert await suite.held() == {(seat, holder, benefit)}
    # Facts of the seat that were made before the change name the old product; they do not bring it back.
    await suite.react(seat_fact("assigned", "claimed", 3, seat, first, holder))
    assert await suite.held() == {(seat, holder, benefit)}


async def test_a_seat_that_is_given_on_is_told_of_by_the_ids_of_both(suite: Suite) -> None:
    (product, benefit), seat, first, second = await a_product(suite), new_id(), new_id(), new_id()
    sold = order_paid(product, new_id(), seats=1)
    await suite.react(customer_fact(first, 2, "one"), customer_fact(second, 2, "two"))
    await suite.react(sold, seat_fact("claimed", "claimed", 2, seat, sold, first))
    await suite.react(seat_fact("claimed", "claimed", 5, seat, sold, second))
    assert await suite.held() == {(seat, second, benefit)}
    revoked = messages.BenefitGrantRevoked.FromString((await suite.published("benefit_grant.revoked"))[0].payload)
    assert (revoked.external_customer_id, revoked.seat_id, revoked.order_id) == ("one", str(seat), str(sold.subject_id))
    created = messages.BenefitGrantCreated.FromString((await suite.published("benefit_grant.created"))[1].payload)
    assert (created.external_customer_id, created.seat_id, created.order_id) == ("two", str(seat), str(sold.subject_id))


async def test_many_seats_are_worked_off_in_batches(suite: Suite) -> None:
    (product, _), subscription, payer = await a_product(suite), new_id(), new_id()
    first = subscription_fact("active", "active", 1, subscription, product, payer, seats=450)
    await suite.react(*(seat_fact("claimed", "claimed", 2, new_id(), first, new_id()) for _ in range(450)))
    assert await suite.held() == set()
    await suite.react(first)
    await suite.settle()
    assert len(await suite.held()) == 450


async def test_grace_is_the_seat_holders_too_and_ends_for_all(suite: Suite) -> None:
    (product, _), subscription, payer = await a_product(suite), new_id(), new_id()
    first = subscription_fact("active", "active", 1, subscription, product, payer, seats=2)
    await suite.react(organization_updated(grace_days=3, version=2))
    await suite.react(first, *(seat_fact("claimed", "claimed", 2, new_id(), first, new_id()) for _ in range(2)))
    late = subscription_fact("past_due", "past_due", 2, subscription, product, payer, seats=2, past_due_at=to_timestamp(START))
    await suite.react(late)
    await suite.settle()
    assert len(await suite.held()) == 2
    suite.clock.advance(timedelta(days=3))
    assert await end_grace(database=suite.worker, ports=suite.ports) == 1
    await suite.settle()
    assert await suite.held() == set()
