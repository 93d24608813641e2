"""Purchases sell seats and give buyers theirs; ends and deletions take them: in any order, any number of times."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any
from uuid import UUID

from bursar.checkout.v1.checkout_events_pb2 import CheckoutSucceeded, CustomerDeleted
from google.protobuf.message import Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.chassis.ids import new_id
from services.subscription.app import STORE_OF
from services.subscription.domain.changes import Why, revoked
from services.subscription.storage.seats import StoredSeats
from services.subscription.tests.builders import NOW, ORGANIZATION, checkout_succeeded
from services.subscription.tests.seats.world import SeatWorld, order_paid
from services.subscription.usecases.change_subscription import change_subscription
from tests.support.client import Refused


def team_checkout(**fields: Any) -> CheckoutSucceeded:
    """A buyer of seats who takes the first."""
    given_fields: dict[str, Any] = {
        "seats": 3,
        "product_name": "Team plan",
        "claim_seat_for_buyer": True,
        "customer_email": "buyer@example.com",
    }
    return checkout_succeeded(**(given_fields | fields))


def one_time_checkout(**fields: Any) -> CheckoutSucceeded:
    message = team_checkout(**fields)
    for name in ("subscription_id", "recurring_interval", "recurring_interval_count"):
        message.ClearField(name)
    return message


async def test_the_buyer_has_the_first_seat(world: SeatWorld) -> None:
    bought = team_checkout(external_customer_id="ext-7")
    await world.take(bought)
    listed = await world.call("ListSeats", subscription_id=bought.subscription_id)
    seat = listed.seats[0]
    assert (listed.total_seats, listed.available_seats) == (3, 2)
    assert (seat.customer_id, seat.email, seat.version) == (bought.customer_id, "buyer@example.com", 2)
    state = (await world.states())[-1]
    assert (state.subscription_id, state.product_id, state.customer_id) == (bought.subscription_id, bought.product_id, bought.customer_id)
    assert (state.billing_customer_id, state.external_customer_id) == (bought.customer_id, "ext-7")
    assert await world.facts() == [("assigned", 1), ("claimed", 2)]


async def test_nobody_has_a_seat_where_the_buyer_takes_none(world: SeatWorld) -> None:
    bought = team_checkout(claim_seat_for_buyer=False)
    await world.take(bought, checkout_succeeded())
    assert (await world.call("ListSeats", subscription_id=bought.subscription_id)).available_seats == 3
    assert await world.facts() == []


async def test_seats_of_an_order_are_known_by_its_payment_or_its_checkout(world: SeatWorld) -> None:
    bought = one_time_checkout()
    paid = order_paid(3, order_id=bought.order_id, customer_id=bought.customer_id, product_id=bought.product_id)
    for messages in ((paid, bought), (bought, paid)):
        await world.take(*messages)
    listed = await world.call("ListSeats", order_id=bought.order_id)
    assert (listed.total_seats, [seat.customer_id for seat in listed.seats]) == (3, [bought.customer_id])
    invited = await world.call("AssignSeat", order_id=bought.order_id, email="ann@example.com")
    shown = await world.client.call("GetSeatInvitation", None, invitation_token=invited.invitation_token)
    assert shown.product_name == "Team plan"


async def test_a_buyer_who_comes_last_takes_no_seat_that_is_not_there(world: SeatWorld) -> None:
    bought = one_time_checkout(seats=2)
    await world.take(order_paid(2, order_id=bought.order_id, customer_id=bought.customer_id, product_id=bought.product_id))
    for name in ("ann", "bob"):
        await world.call("AssignSeat", order_id=bought.order_id, email=f"{name}@example.com")
    await world.take(bought)
    listed = await world.call("ListSeats", order_id=bought.order_id)
    assert (sorted(seat.email for seat in listed.seats), listed.available_seats) == (["ann@example.com", "bob@example.com"], 0)


async def test_who_buys_for_what_has_ended_takes_no_seat(world: SeatWorld) -> None:
    ended = await world.subscription(seats=3)
    async with world.database.worker.transaction() as transaction:
        store = STORE_OF(transaction)
        await change_subscription(ORGANIZATION, ended, lambda before, at: revoked(before, Why(), at), NOW, new_id, store=store)
    await world.take(team_checkout(subscription_id=str(ended), upgrades_subscription=True))
    assert (await world.call("ListSeats", subscription_id=str(ended))).seats == []


async def test_orders_without_seats_sell_none(world: SeatWorld) -> None:
    await world.take(order_paid(None), order_paid(3, subscription_id=str(new_id())))
    assert await world.rows("select * from seat_order") == []


async def test_what_ends_takes_all_its_seats_along(world: SeatWorld) -> None:
    ended, running = await world.subscription(seats=200), await world.subscription()
    for number in range(3):
        await world.assign(ended, email=f"p{number}@example.com", immediate_claim=number == 0)
    kept = await world.assign(running, email="ann@example.com")
    await world.end(ended)
    listed = await world.call("ListSeats", subscription_id=str(ended))
    assert [seat.status for seat in listed.seats] == [3, 3, 3]
    assert listed.available_seats == 0
    assert (await world.call("GetSeat", id=kept.id)).version == 1
    facts = await world.facts()
    await world.take_ends()
    assert await world.facts() == facts
    assert sorted(facts)[-3:] == [("revoked", 2), ("revoked", 2), ("revoked", 3)]


async def test_whatever_is_given_while_it_ends_nobody_sits_in_what_has_ended(world: SeatWorld) -> None:
    ended = await world.subscription(seats=30)
    seats = [await world.assign(ended, email=f"early{number}@example.com") for number in range(5)]

    async def tried(step: Awaitable[Any]) -> None:
        with suppress(Refused):
            await step

    await asyncio.gather(
        *(tried(world.assign(ended, email=f"p{number}@example.com", immediate_claim=True)) for number in range(10)),
        *(tried(world.claim(seat.invitation_token)) for seat in seats),
        world.end(ended),
    )
    await world.take_ends()
    assert await world.rows("select id from customer_seat where status <> 'revoked'") == []
    assert await world.refusal("AssignSeat", subscription_id=str(ended), email="late@example.com") == "SUBSCRIPTION_ENDED"


async def test_deleted_customers_hold_no_seats(world: SeatWorld) -> None:
    subscription, order = await world.subscription(), await world.order()
    by_email = await world.assign(subscription, email="ann@example.com", immediate_claim=True)
    by_id = await world.call("AssignSeat", order_id=str(order), customer_id=by_email.customer_id)
    other = await world.assign(subscription, email="bob@example.com")
    await world.take(CustomerDeleted(customer_id=by_email.customer_id))
    assert [(await world.call("GetSeat", id=seat.id)).status for seat in (by_email, by_id, other)] == [3, 3, 1]


async def test_how_many_are_assigned_is_what_is_pending_or_claimed(world: SeatWorld) -> None:
    subscription = await world.subscription()
    seats = [await world.assign(subscription, email=f"p{number}@example.com", immediate_claim=number == 0) for number in range(3)]
    await world.call("RevokeSeat", id=seats[2].id)
    async with world.database.app.transaction(ORGANIZATION) as transaction:
        assert await StoredSeats(transaction).assigned_count(ORGANIZATION, subscription) == 2
        assert await StoredSeats(transaction).assigned_count(ORGANIZATION, new_id()) == 0


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
async def test_facts_in_any_order_end_in_the_same_seats(world: SeatWorld, data: st.DataObject) -> None:
    team, once, gone = team_checkout(), one_time_checkout(), team_checkout()
    messages: list[Message] = [
        team,
        once,
        order_paid(3, order_id=once.order_id, customer_id=once.customer_id, product_id=once.product_id),
        gone,
        CustomerDeleted(customer_id=gone.customer_id),
    ]
    messages += data.draw(st.lists(st.sampled_from(messages), max_size=3))
    for message in data.draw(st.permutations(messages)):
        await world.take(message)
    await world.take_ends()
    rows = await world.rows("select container_id, customer_id, status, version from customer_seat where status <> 'revoked'")
    containers = {UUID(team.subscription_id): team.customer_id, UUID(once.order_id): once.customer_id, UUID(gone.subscription_id): ""}
    live = {(row["container_id"], str(row["customer_id"]), row["status"], row["version"]) for row in rows}
    expected = {(container, customer, "claimed", 2) for container, customer in containers.items() if customer}
    assert {each for each in live if each[0] in containers} == expected
    order = (await world.rows("select * from seat_order where id = %(id)s", id=UUID(once.order_id)))[0]
    assert (order["seats"], order["product_name"], order["customer_id"]) == (3, "Team plan", UUID(once.customer_id))
