"""Changes that are charged before they hold: paid, declined, unknown, repeated, and overtaken by facts."""

from __future__ import annotations

import asyncio

import pytest
from bursar.types.v1 import billing_pb2 as types
from bursar.types.v1.intervals_pb2 import RECURRING_INTERVAL_YEAR

from services.chassis.errors import Invalid
from services.subscription.tests.builders import NOW, timestamp
from services.subscription.tests.changes.world import DAY, OURS, ChangeWorld, by_seats
from tests.support.client import Refused

INVOICE, RESET = types.PRORATION_BEHAVIOR_INVOICE, types.PRORATION_BEHAVIOR_RESET
PRORATE = types.PRORATION_BEHAVIOR_PRORATE


async def test_an_invoiced_change_holds_once_it_is_paid(world: ChangeWorld) -> None:
    subscription_id, product_id = await world.subscription(), world.product(4900)
    world.clock.advance(14 * DAY)  # half of the 28 days
    changed = await world.change(subscription_id, INVOICE, product={"product_id": product_id})
    assert (changed.product_id, changed.amount, changed.HasField("charging_update")) == (product_id, 4900, False)
    (billing,) = world.checkout.billings
    assert [(line.amount, line.proration) for line in billing.lines] == [(-950, True), (2450, True)]
    assert (billing.void_on_failure, billing.product_id, billing.HasField("discount")) == (True, product_id, False)
    assert await world.entries(subscription_id) == [("proration", -950, "billed", True), ("proration", 2450, "billed", True)]
    assert await world.facts(subscription_id) == ["updated", "updated"]


async def test_a_declined_change_is_told_and_leaves_everything_as_it_was(world: ChangeWorld) -> None:
    subscription_id = await world.subscription()
    await world.change(subscription_id, PRORATE, product={"product_id": world.product(2900)})
    before = await world.get(subscription_id)
    world.checkout.declines = True
    with pytest.raises(Refused) as refused:
        await world.change(subscription_id, INVOICE, product={"product_id": world.product(4900)})
    assert refused.value.reason == "PAYMENT_FAILED"
    after = await world.get(subscription_id)
    assert (after.product_id, after.amount, after.HasField("charging_update")) == (before.product_id, 2900, False)
    entries = await world.entries(subscription_id)
    # What waited waits again, as entries of their own: those of the void order stay its lines.
    assert sorted(entry[1] for entry in entries if entry[2] == "pending") == [-1900, 2900]
    assert sorted(entry[1] for entry in entries if entry[2] == "dropped") == [-2900, -1900, 2900, 4900]
    assert [line.amount for line in world.checkout.billings[0].lines] == [-2900, 4900, -1900, 2900]


async def test_a_repeated_request_charges_once_whatever_became_of_it(world: ChangeWorld) -> None:
    subscription_id, product_id = await world.subscription(), world.product()
    calls = [world.change(subscription_id, INVOICE, "r1", product={"product_id": product_id}) for _ in range(3)]
    answers = await asyncio.gather(*calls)
    del world.checkout.products[product_id]  # the request is answered all the same
    answers.append(await world.change(subscription_id, INVOICE, "r1", product={"product_id": product_id}))
    assert {answer.product_id for answer in answers} == {product_id}
    assert len(world.checkout.billings) == 1
    world.checkout.declines = True
    other = world.product(9900)
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            await world.change(subscription_id, INVOICE, "r2", product={"product_id": other})
        assert refused.value.reason == "PAYMENT_FAILED"
    assert len(world.checkout.billings) == 2


async def test_a_request_that_was_left_in_the_middle_goes_on_with_the_same_order(world: ChangeWorld) -> None:
    subscription_id, product_id = await world.subscription(), world.product()
    world.checkout.is_away = True
    waiting = await world.change(subscription_id, INVOICE, "r1", product={"product_id": product_id})
    assert (waiting.amount, waiting.charging_update.product_id) == (1900, product_id)
    assert await world.refusal(subscription_id, product={"product_id": product_id}) == "CHANGE_UNDER_WAY"
    world.checkout.is_away = False
    done = await world.change(subscription_id, INVOICE, "r1", product={"product_id": product_id})
    assert (done.amount, done.HasField("charging_update")) == (4900, False)
    assert [billing.order_id for billing in world.checkout.billings] == [waiting.charging_update.order_id]


@pytest.mark.parametrize("paid", [True, False])
async def test_what_nobody_knew_is_finished_by_a_fact_once(world: ChangeWorld, paid: bool) -> None:
    subscription_id, product_id = await world.subscription(), world.product()
    world.checkout.loses_answers = True
    waiting = await world.change(subscription_id, RESET, "r1", product={"product_id": product_id})
    order_id = waiting.charging_update.order_id
    for _ in range(2):
        await world.hear(subscription_id, order_id, paid=paid)
    found = await world.get(subscription_id)
    assert (found.amount, found.HasField("charging_update")) == (4900 if paid else 1900, False)
    assert {entry[2] for entry in await world.entries(subscription_id)} == {"billed" if paid else "dropped"}
    assert await world.facts(subscription_id) == (["updated", "updated", "cycled"] if paid else ["updated", "updated"])
    if paid:
        assert (await world.change(subscription_id, RESET, "r1", product={"product_id": product_id})).amount == 4900
    else:
        with pytest.raises(Refused) as refused:
            await world.change(subscription_id, RESET, "r1", product={"product_id": product_id})
        assert refused.value.reason == "PAYMENT_FAILED"
    assert len(world.checkout.billings) == 1


async def test_a_refusal_of_the_order_itself_leaves_everything_as_it_was(world: ChangeWorld) -> None:
    subscription_id = await world.subscription()
    world.checkout.refuses = Invalid("AMOUNT_ABOVE_MAXIMUM", "too much", field="billing.lines")
    change = {"product": {"product_id": world.product()}}
    for method in ("ChangeSubscription", "PreviewChange"):
        refused = await world.client.refusal(method, OURS, id=subscription_id, change=change, proration_behavior=INVOICE)
        assert refused == ("INVALID_ARGUMENT", "AMOUNT_ABOVE_MAXIMUM", ""), "no field of the caller's is called billing.lines"
    found = await world.get(subscription_id)
    assert (found.amount, found.HasField("charging_update")) == (1900, False)


async def test_a_reset_begins_a_new_period_at_the_full_price_less_the_rest_of_the_old_one(world: ChangeWorld) -> None:
    subscription_id = await world.subscription()
    world.clock.advance(7 * DAY)
    changed = await world.change(subscription_id, RESET, product={"product_id": world.product(4900)})
    assert changed.current_period_start == timestamp(NOW + 7 * DAY)
    (billing,) = world.checkout.billings
    assert [(line.amount, line.proration) for line in billing.lines] == [(-1425, True), (4900, False)]
    assert await world.facts(subscription_id) == ["updated", "updated", "cycled"]


async def test_another_interval_begins_a_new_period_and_is_invoiced_now(world: ChangeWorld) -> None:
    subscription_id = await world.subscription()
    yearly = world.product(19900, recurring_interval=RECURRING_INTERVAL_YEAR)
    preview = await world.client.call(
        "PreviewChange", OURS, id=subscription_id, change={"product": {"product_id": yearly}}, proration_behavior=PRORATE
    )
    changed = await world.change(subscription_id, PRORATE, product={"product_id": yearly})
    assert changed.current_period_end == timestamp(NOW.replace(year=2027))
    assert preview.proration_behavior == RESET
    (billing,) = world.checkout.billings
    assert [line.amount for line in billing.lines] == [item.amount for item in preview.order.items] == [-1900, 19900]


async def test_there_and_back_again_at_one_instant_bills_each_time(world: ChangeWorld) -> None:
    subscription_id = await world.subscription(prices=[by_seats()], seats=2)
    for seats in (3, 2, 3):
        assert (await world.change(subscription_id, RESET, seats=seats)).seats == seats
    assert [sum(line.amount for line in billing.lines) for billing in world.checkout.billings] == [1000, -1000, 1000]


async def test_a_change_without_a_price_needs_no_order(world: ChangeWorld) -> None:
    subscription_id = await world.subscription(prices=[by_seats(0)], seats=2)
    assert (await world.change(subscription_id, INVOICE, seats=5)).seats == 5
    assert world.checkout.billings == []


async def test_a_charge_that_nobody_answered_is_asked_for_again(world: ChangeWorld) -> None:
    subscription_id, product_id = await world.subscription(), world.product()
    world.checkout.is_away = True
    assert (await world.change(subscription_id, INVOICE, product={"product_id": product_id})).HasField("charging_update")
    world.checkout.is_away = False
    await world.unanswered.apply_unanswered_charges()
    assert (await world.get(subscription_id)).HasField("charging_update"), "whoever asked first may still be at it"
    await world.unanswered.apply_unanswered_charges()
    assert (await world.get(subscription_id)).product_id == product_id
    await world.unanswered.apply_unanswered_charges()
    assert len(world.checkout.billings) == 1
