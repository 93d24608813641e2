"""Merchants give seats, take them back and invite again."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from bursar.checkout.v1.checkout_events_pb2 import CustomerDeleted
from bursar.subscription.v1 import seat_pb2

from services.chassis.ids import new_id
from services.subscription.tests.builders import NOW, ORGANIZATION
from services.subscription.tests.seats.world import SeatWorld
from tests.support.client import Refused

PENDING, CLAIMED, REVOKED = seat_pb2.SEAT_STATUS_PENDING, seat_pb2.SEAT_STATUS_CLAIMED, seat_pb2.SEAT_STATUS_REVOKED


async def test_a_seat_is_assigned_by_e_mail_with_an_invitation_that_lasts_a_day(world: SeatWorld) -> None:
    subscription = await world.subscription()
    seat = await world.assign(subscription, email="ann@example.com", metadata={"team": "a"})
    assert (seat.status, seat.email, seat.subscription_id, seat.version) == (PENDING, "ann@example.com", str(subscription), 1)
    assert seat.invitation_token_expires_at.ToDatetime(NOW.tzinfo) == NOW + timedelta(days=1)
    assert dict(seat.metadata) == {"team": "a"}
    assert not seat.HasField("customer_id")
    assert world.customers.asked == 0
    shown = await world.call("GetSeat", id=seat.id)
    assert not shown.HasField("invitation_token")
    shown.invitation_token = seat.invitation_token
    assert shown == seat


@pytest.mark.parametrize("by", ["customer_id", "external_customer_id", "email"])
async def test_whoever_has_a_seat_keeps_it_however_they_are_named_then(world: SeatWorld, by: str) -> None:
    ann = world.customers.add("ann@example.com", "ext-ann")
    named = {"customer_id": str(ann.customer_id), "external_customer_id": "ext-ann", "email": "ANN@example.com"}
    subscription = await world.subscription(seats=1)
    first = await world.assign(subscription, **{by: named[by]})
    for again in named:
        seat = await world.assign(subscription, **{again: named[again]})
        assert (seat.id, seat.status, seat.version) == (first.id, PENDING, 1)
        assert seat.invitation_token == first.invitation_token
    assert await world.facts() == [("assigned", 1)]


async def test_an_address_that_changed_hands_is_another_person(world: SeatWorld) -> None:
    ann, bob = world.customers.add("shared@example.com"), world.customers.add("shared@example.com")
    subscription = await world.subscription()
    first = await world.assign(subscription, customer_id=str(ann.customer_id))
    second = await world.assign(subscription, customer_id=str(bob.customer_id))
    assert first.id != second.id


async def test_immediate_claim_makes_a_customer_where_there_is_none(world: SeatWorld) -> None:
    subscription = await world.subscription()
    seat = await world.assign(subscription, email="ann@example.com", immediate_claim=True)
    assert (seat.status, seat.version, seat.HasField("invitation_token")) == (CLAIMED, 2, False)
    assert UUID(seat.customer_id) in world.customers.customers
    assert await world.facts() == [("assigned", 1), ("claimed", 2)]
    states = await world.states()
    assert [state.customer_id for state in states] == [seat.customer_id] * 2
    assert {state.billing_customer_id for state in states} != {seat.customer_id}


async def test_an_invitation_that_was_sent_can_be_claimed_by_the_merchant(world: SeatWorld) -> None:
    subscription = await world.subscription()
    invited = await world.assign(subscription, email="ann@example.com")
    seat = await world.assign(subscription, email="ann@example.com", immediate_claim=True)
    assert (seat.id, seat.status, seat.version) == (invited.id, CLAIMED, 2)


async def test_a_seat_that_is_about_to_go_is_not_given(world: SeatWorld) -> None:
    subscription = await world.subscription(seats=3)
    for waiting in ("pending_update = '{\"seats\": 1}'", 'charging_update = \'{"terms": {"seats": 1}}\', charging_order_id = id'):
        async with world.database.worker.connection() as connection:
            await connection.execute(f"update subscription set {waiting}".encode())
        await world.assign(subscription, email="ann@example.com")
        with pytest.raises(Refused, match="of 3 seats a change that waits takes 2, and the others are assigned") as refused:
            await world.assign(subscription, email="bob@example.com")
        listed = await world.call("ListSeats", subscription_id=str(subscription))
        assert (refused.value.reason, listed.total_seats, listed.available_seats) == ("NO_SEAT_AVAILABLE", 3, 0)
        async with world.database.worker.connection() as connection:
            await connection.execute(b"update subscription set pending_update = null, charging_update = null, charging_order_id = null")


async def test_no_customer_is_made_where_no_seat_is_left(world: SeatWorld) -> None:
    subscription = await world.subscription(seats=1)
    await world.assign(subscription, email="ann@example.com")
    refused = await world.refusal("AssignSeat", subscription_id=str(subscription), email="bob@example.com", immediate_claim=True)
    assert (refused, world.customers.customers) == ("NO_SEAT_AVAILABLE", {})


async def test_what_cannot_be_assigned(world: SeatWorld) -> None:
    seatless, ended, foreign = (
        await world.subscription(seats=None),
        await world.subscription(),
        await world.subscription(organization_id=new_id()),
    )
    await world.end(ended)
    for container, reason in ((seatless, "NOT_SEAT_BASED"), (ended, "SUBSCRIPTION_ENDED"), (foreign, "SUBSCRIPTION_NOT_FOUND")):
        assert await world.refusal("AssignSeat", subscription_id=str(container), email="ann@example.com") == reason
    assert await world.refusal("AssignSeat", order_id=str(new_id()), email="ann@example.com") == "ORDER_NOT_FOUND"
    subscription = await world.subscription()
    strangers: list[dict[str, Any]] = [{"customer_id": str(new_id())}, {"external_customer_id": "nobody"}]
    for stranger in strangers:
        assert await world.refusal("AssignSeat", subscription_id=str(subscription), **stranger) == "CUSTOMER_NOT_FOUND"
    assert (
        await world.refusal("AssignSeat", subscription_id=str(subscription), email="ann@example.com", metadata={"a": [1]})
        == "METADATA_INVALID"
    )
    assert await world.facts() == []


async def test_what_waits_for_its_first_payment_has_no_seats_to_give(world: SeatWorld) -> None:
    subscription = await world.subscription()
    async with world.database.worker.connection() as connection:
        await connection.execute(b"update subscription set status = 'incomplete', first_payment_version = 1")
    assert await world.refusal("AssignSeat", subscription_id=str(subscription), email="ann@example.com") == "SUBSCRIPTION_STATUS_WRONG"
    listed = await world.call("ListSeats", subscription_id=str(subscription))
    assert (listed.total_seats, listed.available_seats) == (3, 0)


async def test_a_repeated_request_shows_the_same_invitation_which_is_stored_nowhere(world: SeatWorld) -> None:
    subscription = await world.subscription(seats=1)
    first = await world.assign(subscription, request_id="r-1", email="ann@example.com")
    await world.call("ResendSeatInvitation", id=first.id)
    assert await world.assign(subscription, request_id="r-1", email="ann@example.com") == first
    tables = ("customer_seat", "idempotency_request", "outbox")
    stored = "".join([str(await world.rows(f"select to_jsonb(t)::text, t::text from {table} t")) for table in tables])
    secret = first.invitation_token[-20:]
    assert secret.encode().hex() not in stored
    assert secret not in stored
    assert (
        await world.refusal("AssignSeat", subscription_id=str(subscription), request_id="r-1", email="b@example.com") == "REQUEST_ID_REUSED"
    )


async def test_a_repeated_request_is_answered_whatever_became_of_the_customer(world: SeatWorld) -> None:
    ann, subscription = world.customers.add("ann@example.com"), await world.subscription()
    first = await world.assign(subscription, request_id="r-1", customer_id=str(ann.customer_id))
    world.customers.customers.clear()
    assert await world.assign(subscription, request_id="r-1", customer_id=str(ann.customer_id)) == first


async def test_fifty_at_once_get_the_ten_seats_there_are(world: SeatWorld) -> None:
    subscription = await world.subscription(seats=10)

    async def assign(number: int) -> str:
        try:
            await world.assign(subscription, email=f"p{number}@example.com", immediate_claim=number % 2 == 0)
        except Refused as refused:
            return refused.reason
        return "given"

    answers = await asyncio.gather(*(assign(number) for number in range(50)))
    assert Counter(answers) == {"given": 10, "NO_SEAT_AVAILABLE": 40}
    rows = await world.rows("select count(*) as count from customer_seat where status <> 'revoked'")
    assert rows[0]["count"] == 10


async def test_one_person_assigned_ten_times_at_once_has_one_seat(world: SeatWorld) -> None:
    subscription = await world.subscription(seats=10)
    seats = await asyncio.gather(*(world.assign(subscription, email="ann@example.com", immediate_claim=True) for _ in range(10)))
    assert len({seat.id for seat in seats}) == 1
    assert await world.facts() == [("assigned", 1), ("claimed", 2)]


async def test_a_revoked_seat_is_used_again_with_a_version_that_goes_on(world: SeatWorld) -> None:
    subscription = await world.subscription(seats=1)
    first = await world.assign(subscription, email="ann@example.com", immediate_claim=True)
    revoked = await world.call("RevokeSeat", id=first.id)
    assert (revoked.status, revoked.version, revoked.customer_id) == (REVOKED, 3, first.customer_id)
    assert (await world.call("RevokeSeat", id=first.id)).version == 3
    second = await world.assign(subscription, email="bob@example.com")
    assert (second.id, second.status, second.version, second.email) == (first.id, PENDING, 4, "bob@example.com")
    assert not any(second.HasField(field) for field in ("customer_id", "revoked_at", "claimed_at"))
    assert await world.facts() == [("assigned", 1), ("claimed", 2), ("revoked", 3), ("assigned", 4)]


async def test_who_was_deleted_meanwhile_gets_no_seat(world: SeatWorld) -> None:
    ann, subscription = world.customers.add("ann@example.com"), await world.subscription()
    await world.take(CustomerDeleted(customer_id=str(ann.customer_id)))
    refused = await world.refusal("AssignSeat", subscription_id=str(subscription), customer_id=str(ann.customer_id))
    assert refused == "CUSTOMER_NOT_FOUND"


async def test_seats_are_listed_in_pages_with_what_is_left(world: SeatWorld) -> None:
    order = await world.order(seats=7)
    made = [await world.call("AssignSeat", order_id=str(order), email=f"p{number}@example.com") for number in range(5)]
    await world.call("RevokeSeat", id=made[0].id)
    seen, token = [], ""
    while True:
        page = await world.call("ListSeats", order_id=str(order), page_size=2, page_token=token)
        assert (page.total_seats, page.available_seats) == (7, 3)
        seen += [seat.id for seat in page.seats]
        token = page.next_page_token
        if not token:
            break
    assert sorted(seen) == sorted(seat.id for seat in made)
    only = await world.call("ListSeats", order_id=str(order), status=[REVOKED])
    assert [seat.id for seat in only.seats] == [made[0].id]
    assert await world.refusal("ListSeats", new_id(), order_id=str(order)) == "ORDER_NOT_FOUND"
    assert await world.refusal("ListSeats", subscription_id=str(order)) == "SUBSCRIPTION_NOT_FOUND"


async def test_seats_of_others_are_not_there(world: SeatWorld) -> None:
    seat = await world.assign(await world.subscription(), email="ann@example.com")
    for method in ("GetSeat", "RevokeSeat", "ResendSeatInvitation"):
        assert await world.refusal(method, new_id(), id=seat.id) == "SEAT_NOT_FOUND"
    assert str(ORGANIZATION) == seat.organization_id


async def test_an_invitation_is_sent_anew_only_while_it_waits(world: SeatWorld) -> None:
    seat = await world.assign(await world.subscription(), email="ann@example.com")
    world.clock.advance(timedelta(hours=30))
    again = await world.call("ResendSeatInvitation", request_id="r-9", id=seat.id)
    assert (again.status, again.version) == (PENDING, 2)
    assert again.invitation_token != seat.invitation_token
    assert again.invitation_token_expires_at.ToDatetime(NOW.tzinfo) == NOW + timedelta(hours=54)
    assert await world.call("ResendSeatInvitation", request_id="r-9", id=seat.id) == again
    await world.claim(again.invitation_token)
    assert await world.refusal("ResendSeatInvitation", id=seat.id) == "SEAT_NOT_PENDING"
    assert await world.facts() == [("assigned", 1), ("assigned", 2), ("claimed", 3)]
