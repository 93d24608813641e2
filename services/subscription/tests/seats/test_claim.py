"""Who was invited knows a secret, and takes the seat by it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from bursar.subscription.v1 import seat_pb2

from services.chassis.ids import new_id, new_sandbox_id
from services.chassis.organization_clock import move_time
from services.subscription.tests.builders import NOW
from services.subscription.tests.seats.world import SeatWorld

PENDING, CLAIMED, REVOKED = seat_pb2.SEAT_STATUS_PENDING, seat_pb2.SEAT_STATUS_CLAIMED, seat_pb2.SEAT_STATUS_REVOKED


async def refusal(world: SeatWorld, method: str, token: str) -> str:
    return (await world.client.refusal(method, None, invitation_token=token))[1]


async def test_the_invited_see_what_it_is_for_and_claim_it_once(world: SeatWorld) -> None:
    seat = await world.assign(await world.subscription(), email="ann@example.com")
    shown = await world.client.call("GetSeatInvitation", None, invitation_token=seat.invitation_token)
    assert (shown.seat_id, shown.status, shown.product_name, shown.email) == (seat.id, PENDING, "Team plan", "ann@example.com")
    assert shown.expires_at == seat.invitation_token_expires_at
    first = await world.claim(seat.invitation_token)
    assert (first.seat_id, first.status) == (seat.id, CLAIMED)
    asked = world.customers.asked
    assert await world.claim(seat.invitation_token) == first
    assert world.customers.asked == asked
    held = await world.call("GetSeat", id=seat.id)
    assert (held.status, held.version, held.customer_id) == (CLAIMED, 2, str(next(iter(world.customers.customers))))
    assert not held.HasField("invitation_token_expires_at")
    assert await world.facts() == [("assigned", 1), ("claimed", 2)]


async def test_a_seat_of_an_order_is_claimed_alike(world: SeatWorld) -> None:
    ann = world.customers.add("ann@example.com", "ext-1")
    seat = await world.call("AssignSeat", order_id=str(await world.order()), customer_id=str(ann.customer_id))
    assert (await world.claim(seat.invitation_token)).status == CLAIMED
    state = (await world.states())[-1]
    assert (state.order_id, state.customer_id, state.external_customer_id) == (seat.order_id, str(ann.customer_id), "ext-1")


async def test_an_invitation_is_good_for_a_day_and_until_the_next(world: SeatWorld) -> None:
    seat = await world.assign(await world.subscription(), email="ann@example.com")
    world.clock.advance(timedelta(hours=23, minutes=59))
    again = await world.call("ResendSeatInvitation", id=seat.id)
    assert await refusal(world, "ClaimSeat", seat.invitation_token) == "INVITATION_NOT_FOUND"
    world.clock.advance(timedelta(hours=24))
    for method in ("GetSeatInvitation", "ClaimSeat"):
        assert await refusal(world, method, again.invitation_token) == "INVITATION_NOT_FOUND"


async def test_a_sandbox_s_day_is_its_own(world: SeatWorld) -> None:
    sandbox = new_sandbox_id(NOW)
    subscription = await world.subscription(organization_id=sandbox)
    seat = await world.call("AssignSeat", sandbox, subscription_id=str(subscription), email="ann@example.com")
    world.clock.advance(timedelta(days=30))
    await world.client.call("GetSeatInvitation", None, invitation_token=seat.invitation_token)
    async with world.database.worker.transaction() as transaction:
        await move_time(transaction, sandbox, NOW + timedelta(days=1))
    assert await refusal(world, "ClaimSeat", seat.invitation_token) == "INVITATION_NOT_FOUND"


_AFTER_ALL_TIME = "bursar_si_" + "________j_-AAAAAAAAAAA" + "A" * 43
"""Of a sandbox that would have begun after the year 9999."""


@pytest.mark.parametrize("token", ["bursar_si_", "x" * 16, "bursar_si_" + "A" * 65, _AFTER_ALL_TIME, "ü" * 20, "bursar_si_" + "é" * 30])
async def test_what_is_no_invitation(world: SeatWorld, token: str) -> None:
    for method in ("GetSeatInvitation", "ClaimSeat"):
        assert await refusal(world, method, token.ljust(16, "A")) == "INVITATION_NOT_FOUND"


async def test_an_invitation_of_one_organization_opens_nothing_in_another(world: SeatWorld) -> None:
    seat = await world.assign(await world.subscription(), email="ann@example.com")
    other = world.tokens.token(new_id(), new_id(), 1)
    forged = other[: len("bursar_si_") + 22] + seat.invitation_token[len("bursar_si_") + 22 :]
    assert await refusal(world, "ClaimSeat", forged) == "INVITATION_NOT_FOUND"


async def test_what_was_taken_back_or_has_ended_cannot_be_claimed(world: SeatWorld) -> None:
    running, ended = await world.subscription(), await world.subscription()
    taken_back, over = await world.assign(running, email="ann@example.com"), await world.assign(ended, email="ann@example.com")
    await world.call("RevokeSeat", id=taken_back.id)
    await world.end(ended)
    assert await refusal(world, "ClaimSeat", taken_back.invitation_token) == "INVITATION_NOT_FOUND"
    assert await refusal(world, "GetSeatInvitation", taken_back.invitation_token) == "INVITATION_NOT_FOUND"
    assert await refusal(world, "ClaimSeat", over.invitation_token) == "SUBSCRIPTION_ENDED"
    assert world.customers.asked == 0


async def test_who_has_a_seat_already_leaves_the_one_offered_free(world: SeatWorld) -> None:
    ann = world.customers.add("old@example.com")
    subscription = await world.subscription(seats=2)
    held = await world.assign(subscription, customer_id=str(ann.customer_id), immediate_claim=True)
    offered = await world.assign(subscription, email="new@example.com")
    world.customers.customers[ann.customer_id] = type(ann)(ann.customer_id, None, "new@example.com")  # type: ignore[index]
    answer = await world.claim(offered.invitation_token)
    assert (answer.seat_id, answer.status) == (held.id, CLAIMED)
    assert (await world.call("GetSeat", id=offered.id)).status == REVOKED
    assert (await world.call("ListSeats", subscription_id=str(subscription))).available_seats == 1


async def test_claims_at_once_are_one(world: SeatWorld) -> None:
    seat = await world.assign(await world.subscription(), email="ann@example.com")
    answers: list[Any] = await asyncio.gather(*(world.claim(seat.invitation_token) for _ in range(8)))
    assert {answer.status for answer in answers} == {CLAIMED}
    assert await world.facts() == [("assigned", 1), ("claimed", 2)]
