"""Changes that hold at once or wait, over a connection."""

from __future__ import annotations

from datetime import timedelta

from bursar.checkout.v1 import discount_pb2, product_pb2
from bursar.types.v1 import billing_pb2 as types
from bursar.types.v1.intervals_pb2 import RECURRING_INTERVAL_UNSPECIFIED

from services.chassis.ids import new_id
from services.subscription.tests.builders import NOW, timestamp
from services.subscription.tests.changes.world import DAY, OURS, ChangeWorld, a_price, by_seats, by_units

PRORATE, NEXT_PERIOD = types.PRORATION_BEHAVIOR_PRORATE, types.PRORATION_BEHAVIOR_NEXT_PERIOD
INVOICE = types.PRORATION_BEHAVIOR_INVOICE


async def test_a_prorated_change_holds_at_once_and_waits_for_the_next_order(world: ChangeWorld) -> None:
    subscription_id, product_id = await world.subscription(), world.product(4900)
    world.clock.advance(7 * DAY)
    changed = await world.change(subscription_id, product={"product_id": product_id})
    assert (changed.product_id, changed.product_name, changed.amount) == (product_id, "Pro", 4900)
    assert changed.current_period_start == timestamp(NOW)
    assert await world.entries(subscription_id) == [("proration", -1425, "pending", True), ("proration", 3675, "pending", True)]
    assert await world.facts(subscription_id) == ["updated"]
    assert world.checkout.billings == []


async def test_more_and_fewer_seats_are_one_line_each(world: ChangeWorld) -> None:
    subscription_id = await world.subscription(prices=[by_seats(1000)], seats=3)
    world.clock.advance(14 * DAY)
    assert (await world.change(subscription_id, seats=5)).amount == 5000
    assert (await world.change(subscription_id, seats=2)).amount == 2000
    assert await world.entries(subscription_id) == [
        ("seats_increase", 1000, "pending", True),
        ("seats_decrease", -1500, "pending", True),
    ]


async def test_units_are_one_line(world: ChangeWorld) -> None:
    subscription_id = await world.subscription(prices=[by_units(10)], units=100)
    assert (await world.change(subscription_id, units=250)).units == 250
    assert await world.entries(subscription_id) == [("units_increase", 1500, "pending", True)]


async def test_a_scheduled_change_waits_and_can_be_taken_back(world: ChangeWorld) -> None:
    subscription_id, product_id = await world.subscription(), world.product()
    waiting = await world.change(subscription_id, NEXT_PERIOD, product={"product_id": product_id})
    assert (waiting.amount, waiting.pending_update.product_id) == (1900, product_id)
    assert waiting.pending_update.applies_at == waiting.current_period_end
    cleared = await world.client.call("ClearPendingUpdate", OURS, id=subscription_id)
    assert not cleared.HasField("pending_update")
    assert (await world.client.refusal("ClearPendingUpdate", OURS, id=subscription_id))[1] == "NO_PENDING_UPDATE"
    assert await world.facts(subscription_id) == ["updated", "updated"]


async def test_seats_and_a_scheduled_product_go_together(world: ChangeWorld) -> None:
    subscription_id = await world.subscription(prices=[by_seats(1000)], seats=3)
    team = world.product(prices=[by_seats(1500, minimum_seats=2)])
    await world.change(subscription_id, NEXT_PERIOD, product={"product_id": team})
    kept = await world.change(subscription_id, PRORATE, seats=6)
    assert (kept.seats, kept.pending_update.product_id, kept.pending_update.HasField("seats")) == (6, team, False)
    counted = await world.change(subscription_id, NEXT_PERIOD, seats=4)
    assert (counted.seats, counted.pending_update.product_id, counted.pending_update.seats) == (6, team, 4)
    back = await world.change(subscription_id, seats=6)
    assert (back.pending_update.product_id, back.pending_update.HasField("seats")) == (team, False)


async def test_asking_for_the_count_that_there_is_takes_a_scheduled_count_back(world: ChangeWorld) -> None:
    subscription_id = await world.subscription(prices=[by_seats(1000)], seats=3)
    assert (await world.change(subscription_id, NEXT_PERIOD, seats=2)).pending_update.seats == 2
    assert not (await world.change(subscription_id, seats=3)).HasField("pending_update")
    version = (await world.get(subscription_id)).version
    assert (await world.change(subscription_id, seats=3)).version == version
    assert await world.entries(subscription_id) == []


async def test_the_organization_chooses_for_upgrades_and_for_downgrades(world: ChangeWorld) -> None:
    await world.organization(upgrade_proration_behavior=INVOICE, downgrade_proration_behavior=NEXT_PERIOD)
    subscription_id = await world.subscription()
    assert (await world.change(subscription_id, product={"product_id": world.product(4900)})).amount == 4900
    assert len(world.checkout.billings) == 1
    assert (await world.change(subscription_id, product={"product_id": world.product(900)})).HasField("pending_update")
    assert (await world.change(subscription_id, PRORATE, product={"product_id": world.product(900)})).amount == 900


async def test_another_discount_counts_from_the_beginning_and_is_redeemed_once_a_request(world: ChangeWorld) -> None:
    subscription_id = await world.subscription()
    repeating = world.discount(duration=discount_pb2.DISCOUNT_DURATION_REPEATING, duration_in_months=3)
    for _ in range(2):
        changed = await world.change(subscription_id, request_id="r1", discount={"discount_id": repeating})
    assert (changed.discount_id, changed.discount_cycles_billed, changed.discount_cycles_left) == (repeating, 0, 3)
    assert world.checkout.redemptions == ["r1"]
    assert not (await world.change(subscription_id, discount={})).HasField("discount_id")
    assert await world.facts(subscription_id) == ["updated", "updated"]
    assert await world.refusal(subscription_id, discount={"discount_id": str(new_id())}) == "DISCOUNT_NOT_FOUND"


async def test_a_credit_gives_back_no_more_than_was_paid(world: ChangeWorld) -> None:
    half = discount_pb2.AppliedDiscount(
        discount_id=str(new_id()),
        duration=discount_pb2.DISCOUNT_DURATION_ONCE,
        percentage=discount_pb2.PercentageDiscount(basis_points=5000),
    )
    subscription_id = await world.subscription(discount=half)
    await world.change(subscription_id, discount={"discount_id": world.discount()})
    world.clock.advance(14 * DAY)
    await world.change(subscription_id, product={"product_id": world.product(4000)})
    assert [entry[1] for entry in await world.entries(subscription_id)] == [-475, 1600]


async def test_metadata_is_the_merchants(world: ChangeWorld) -> None:
    subscription_id = await world.subscription()
    fields = {"id": subscription_id, "metadata": {"plan": "x"}, "update_mask": {"paths": ["metadata"]}}
    assert dict((await world.client.call("UpdateSubscription", OURS, **fields)).metadata) == {"plan": "x"}
    for wrong, reason in (
        ({"update_mask": {"paths": ["seats"]}}, "FIELD_MASK_INVALID"),
        ({"metadata": {"a": None}}, "METADATA_INVALID"),
        ({"id": str(new_id())}, "SUBSCRIPTION_NOT_FOUND"),
    ):
        assert (await world.client.refusal("UpdateSubscription", OURS, **{**fields, **wrong}))[1] == reason
    assert await world.facts(subscription_id) == ["updated"]


async def test_what_cannot_be_changed_says_why_and_stays(world: ChangeWorld) -> None:
    plain = await world.subscription()
    seated = await world.subscription(prices=[by_seats(1000, minimum_seats=2, maximum_seats=9)], seats=3)
    unitary = await world.subscription(prices=[by_units()], units=3)
    dollars = a_price(fixed=product_pb2.FixedPrice(price_amount=1))
    dollars.price_currency = "usd"
    past = timestamp(NOW - timedelta(seconds=1))
    for subscription_id, change, behavior, reason in (
        (plain, {"product": {"product_id": str(new_id())}}, 0, "PRODUCT_NOT_FOUND"),
        (plain, {"product": {"product_id": world.product(is_archived=True)}}, 0, "PRODUCT_ARCHIVED"),
        (plain, {"product": {"product_id": world.product(recurring_interval=RECURRING_INTERVAL_UNSPECIFIED)}}, 0, "PRODUCT_NOT_RECURRING"),
        (plain, {"product": {"product_id": world.product(prices=[dollars])}}, 0, "CURRENCY_NOT_OFFERED"),
        (
            plain,
            {"product": {"product_id": world.product(prices=[a_price(custom=product_pb2.CustomPrice(minimum_amount=0))])}},
            0,
            "CUSTOM_PRICE_NOT_ALLOWED",
        ),
        (plain, {"product": {"product_id": world.product(prices=[by_seats()])}}, 0, "SEATS_NEEDED"),
        (plain, {"product": {"product_id": world.product(prices=[by_units()])}}, 0, "UNITS_NEEDED"),
        (plain, {"product": {"product_id": world.product(), "seats": 3}}, 0, "NOT_SEAT_BASED"),
        (plain, {"product": {"product_id": world.product(), "units": 3}}, 0, "NOT_UNIT_BASED"),
        (seated, {"product": {"product_id": world.product()}}, 0, "NOT_SEAT_BASED"),
        (unitary, {"product": {"product_id": world.product()}}, 0, "NOT_UNIT_BASED"),
        (plain, {"seats": 3}, 0, "NOT_SEAT_BASED"),
        (plain, {"units": 3}, 0, "NOT_UNIT_BASED"),
        (seated, {"seats": 1}, 0, "QUANTITY_NOT_ALLOWED"),
        (seated, {"seats": 10}, NEXT_PERIOD, "QUANTITY_NOT_ALLOWED"),
        (seated, {"product": {"product_id": world.product(prices=[by_seats(maximum_seats=5)]), "seats": 6}}, 0, "QUANTITY_NOT_ALLOWED"),
        (plain, {"trial_end": {"at": past}}, 0, "TRIAL_END_IN_PAST"),
        (plain, {"current_period_end": timestamp(NOW)}, 0, "PERIOD_END_IN_PAST"),
        (plain, {"current_period_end": timestamp(NOW.replace(year=9998))}, 0, "FIELD_INVALID"),
        (plain, {"trial_end": {"now": True}}, 0, "SUBSCRIPTION_NOT_TRIALING"),
        (plain, {"discount": {}}, PRORATE, "PRORATION_NOT_APPLICABLE"),
        (plain, {"current_period_end": timestamp(NOW + DAY)}, NEXT_PERIOD, "PRORATION_NOT_APPLICABLE"),
        (str(new_id()), {"seats": 3}, 0, "SUBSCRIPTION_NOT_FOUND"),
    ):
        before = await world.get(subscription_id) if subscription_id in (plain, seated, unitary) else None
        assert await world.refusal(subscription_id, behavior, **change) == reason, change
        if before is not None:
            assert await world.get(subscription_id) == before, change


async def test_no_fewer_seats_than_are_assigned(world: ChangeWorld) -> None:
    subscription_id = await world.subscription(prices=[by_seats()], seats=3)
    await world.assign_seats(subscription_id)
    for behavior in (0, NEXT_PERIOD):
        assert await world.refusal(subscription_id, behavior, seats=1) == "SEATS_BELOW_ASSIGNED"
    assert (await world.change(subscription_id, seats=2)).seats == 2


async def test_what_is_on_its_way_to_an_end_does_not_change(world: ChangeWorld) -> None:
    subscription_id = await world.subscription(prices=[by_seats()], seats=3)
    for command, reason in (("CancelSubscription", "SUBSCRIPTION_CANCELED"), ("RevokeSubscription", "SUBSCRIPTION_ENDED")):
        await world.client.call(command, OURS, id=subscription_id)
        assert await world.refusal(subscription_id, seats=4) == reason
        discount = {"discount_id": world.discount()}
        assert await world.refusal(subscription_id, discount=discount) == reason
    assert world.checkout.redemptions == []
