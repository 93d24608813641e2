"""What previews show, against what then happens."""

from __future__ import annotations

from typing import Any

import pytest
from bursar.checkout.v1 import discount_pb2
from bursar.checkout.v1.order_pb2 import ORDER_STATUS_DRAFT, Order
from bursar.types.v1 import billing_pb2 as types

from services.chassis.errors import NotPossibleNow
from services.chassis.ids import new_id
from services.subscription.tests.builders import NOW, timestamp
from services.subscription.tests.changes.world import DAY, OURS, ChangeWorld, by_seats, by_units

_FIFTH = discount_pb2.AppliedDiscount(
    discount_id=str(new_id()),
    duration=discount_pb2.DISCOUNT_DURATION_FOREVER,
    percentage=discount_pb2.PercentageDiscount(basis_points=2000),
)


async def preview(world: ChangeWorld, subscription_id: str, behavior: int = 0, **change: Any) -> Any:
    return await world.client.call("PreviewChange", OURS, id=subscription_id, change=change, proration_behavior=behavior)


def lines(order: Order) -> list[tuple[int, int, bool, str]]:
    return [(item.amount, item.discount_amount, item.proration, item.description) for item in order.items]


@pytest.mark.parametrize("behavior", [types.PRORATION_BEHAVIOR_INVOICE, types.PRORATION_BEHAVIOR_RESET])
@pytest.mark.parametrize("seats", [1, 7])
async def test_a_preview_shows_the_order_that_the_change_makes(world: ChangeWorld, behavior: int, seats: int) -> None:
    subscription_id = await world.subscription(prices=[by_seats(999)], seats=3, discount=_FIFTH)
    world.clock.advance(3 * DAY)
    await world.change(subscription_id, types.PRORATION_BEHAVIOR_PRORATE, seats=4)
    shown = await preview(world, subscription_id, behavior, seats=seats)
    changed = await world.change(subscription_id, behavior, seats=seats)
    (made,) = world.checkout.orders.values()
    assert lines(shown.order) == lines(made)
    assert (shown.order.total_amount, shown.order.status) == (made.total_amount, ORDER_STATUS_DRAFT)
    assert (shown.billed_at, shown.proration_behavior) == (timestamp(NOW + 3 * DAY), behavior)
    assert shown.subscription.seats == changed.seats == seats
    assert shown.subscription.current_period_end == changed.current_period_end


async def test_a_preview_shows_what_waits_for_the_next_order(world: ChangeWorld) -> None:
    subscription_id = await world.subscription(prices=[by_seats(1000)], seats=3)
    shown = await preview(world, subscription_id, seats=5)
    assert [item.amount for item in shown.order.items] == [2000]
    assert (shown.billed_at, shown.subscription.seats) == (shown.subscription.current_period_end, 5)
    assert shown.proration_behavior == types.PRORATION_BEHAVIOR_PRORATE
    assert (await world.get(subscription_id)).seats == 3
    assert (await world.entries(subscription_id), await world.facts(subscription_id)) == ([], [])


async def test_what_costs_more_than_a_charge_can_be_is_refused_alike_and_names_the_caller_s_field(world: ChangeWorld) -> None:
    subscription_id = await world.subscription(prices=[by_units(99_999_999)], units=1)
    for method in ("ChangeSubscription", "PreviewChange"):
        for behavior in (types.PRORATION_BEHAVIOR_PRORATE, types.PRORATION_BEHAVIOR_NEXT_PERIOD):
            refused = await world.client.refusal(method, OURS, id=subscription_id, change={"units": 2}, proration_behavior=behavior)
            assert refused == ("INVALID_ARGUMENT", "AMOUNT_ABOVE_MAXIMUM", "change.units")
    assert (await world.get(subscription_id)).units == 1


async def test_a_preview_of_a_scheduled_change_shows_the_period_that_it_begins_with(world: ChangeWorld) -> None:
    subscription_id = await world.subscription()
    product = {"product_id": world.product(4900)}
    shown = await preview(world, subscription_id, types.PRORATION_BEHAVIOR_NEXT_PERIOD, product=product)
    assert [item.amount for item in shown.order.items] == [4900]
    assert (shown.subscription.amount, shown.subscription.current_period_start) == (4900, shown.billed_at)


async def test_a_preview_of_what_bills_nothing_has_no_order(world: ChangeWorld) -> None:
    subscription_id = await world.subscription()
    shown = await preview(world, subscription_id, current_period_end=timestamp(NOW + DAY))
    assert (shown.HasField("order"), shown.HasField("billed_at")) == (False, False)
    assert shown.subscription.current_period_end == timestamp(NOW + DAY)


async def test_the_next_renewal_is_foretold_at_the_very_instant_of_one(world: ChangeWorld) -> None:
    subscription_id = await world.subscription(trial_days=14)
    begun = await world.change(subscription_id, trial_end={"now": True})
    shown = await world.client.call("PreviewCharge", OURS, id=subscription_id)
    assert (shown.billed_at, [item.amount for item in shown.order.items]) == (begun.current_period_end, [begun.amount])


async def test_a_preview_of_a_discount_shows_it_and_redeems_nothing(world: ChangeWorld) -> None:
    subscription_id, discount = await world.subscription(), {"discount_id": world.discount()}
    shown = await preview(world, subscription_id, discount=discount)
    assert (shown.subscription.discount_id, shown.subscription.discount_cycles_billed) == (discount["discount_id"], 0)
    assert (world.checkout.redemptions, (await world.get(subscription_id)).HasField("discount_id")) == ([], False)
    changed = await world.change(subscription_id, discount=discount)
    assert changed == shown.subscription
    world.checkout.refuses_discounts = NotPossibleNow("DISCOUNT_EXHAUSTED", "it was redeemed as often as it may be")
    assert (await world.client.refusal("PreviewChange", OURS, id=subscription_id, change={"discount": discount}))[1] == "DISCOUNT_EXHAUSTED"
    world.checkout.refuses_discounts = None
    nobodys = {"discount_id": str(new_id())}
    assert (await world.client.refusal("PreviewChange", OURS, id=subscription_id, change={"discount": nobodys}))[1] == "DISCOUNT_NOT_FOUND"


async def test_a_preview_is_refused_as_the_change_is(world: ChangeWorld) -> None:
    subscription_id = await world.subscription()
    for change, reason in (({"seats": 3}, "NOT_SEAT_BASED"), ({"product": {"product_id": str(new_id())}}, "PRODUCT_NOT_FOUND")):
        assert (await world.client.refusal("PreviewChange", OURS, id=subscription_id, change=change))[1] == reason
    await world.client.call("RevokeSubscription", OURS, id=subscription_id)
    for change in ({"product": {"product_id": str(new_id())}}, {"discount": {"discount_id": str(new_id())}}):
        assert (await world.client.refusal("PreviewChange", OURS, id=subscription_id, change=change))[1] == "SUBSCRIPTION_ENDED"


async def test_the_next_renewal_is_shown_with_what_waits_for_it(world: ChangeWorld) -> None:
    subscription_id = await world.subscription(prices=[by_seats(1000)], seats=3, discount=_FIFTH)
    world.clock.advance(14 * DAY)
    await world.change(subscription_id, seats=5)
    shown = await world.client.call("PreviewCharge", OURS, id=subscription_id)
    assert [(item.amount, item.discount_amount) for item in shown.order.items] == [(5000, 1000), (800, 0)]
    assert shown.billed_at == timestamp(NOW.replace(month=2, day=28))
    assert shown.subscription.current_period_start == shown.billed_at


async def test_nothing_is_shown_where_nothing_is_to_come(world: ChangeWorld) -> None:
    subscription_id = await world.subscription()
    await world.client.call("CancelSubscription", OURS, id=subscription_id)
    shown = await world.client.call("PreviewCharge", OURS, id=subscription_id)
    assert not shown.HasField("order")
    await world.client.call("RevokeSubscription", OURS, id=subscription_id)
    assert not (await world.client.call("PreviewCharge", OURS, id=subscription_id)).HasField("order")
    assert (await world.client.refusal("PreviewCancel", OURS, id=subscription_id))[1] == "SUBSCRIPTION_ENDED"


async def test_a_cancellation_still_bills_what_waits(world: ChangeWorld) -> None:
    subscription_id = await world.subscription(prices=[by_seats(1000)], seats=3)
    assert not (await world.client.call("PreviewCancel", OURS, id=subscription_id)).HasField("order")
    await world.change(subscription_id, seats=4)
    shown = await world.client.call("PreviewCancel", OURS, id=subscription_id)
    assert [item.amount for item in shown.order.items] == [1000]
    assert shown.subscription.ended_at == shown.billed_at == timestamp(NOW.replace(month=2, day=28))
    assert not (await world.get(subscription_id)).cancel_at_period_end
