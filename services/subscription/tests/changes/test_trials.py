"""Trials and periods that end when somebody says so, over a connection."""

from __future__ import annotations

from typing import Any

import pytest
from bursar.subscription.v1 import subscription_pb2 as pb
from bursar.types.v1 import billing_pb2 as types
from bursar.types.v1.intervals_pb2 import RECURRING_INTERVAL_DAY

from services.subscription.tests.builders import NOW, timestamp
from services.subscription.tests.changes.world import DAY, OURS, ChangeWorld

PRORATE, NEXT_PERIOD = types.PRORATION_BEHAVIOR_PRORATE, types.PRORATION_BEHAVIOR_NEXT_PERIOD
INVOICE = types.PRORATION_BEHAVIOR_INVOICE


@pytest.mark.parametrize(
    ("trial_days", "expected_end", "status"),
    [
        (30, NOW + 30 * DAY, pb.SUBSCRIPTION_STATUS_TRIALING),
        (5, None, pb.SUBSCRIPTION_STATUS_ACTIVE),
        (0, None, pb.SUBSCRIPTION_STATUS_ACTIVE),
    ],
)
async def test_another_product_in_a_trial_brings_its_own_from_the_same_start(
    world: ChangeWorld, trial_days: int, expected_end: Any, status: int
) -> None:
    subscription_id = await world.subscription(trial_days=14)
    world.clock.advance(7 * DAY)
    trial = {"trial_interval": RECURRING_INTERVAL_DAY, "trial_interval_count": trial_days} if trial_days else {}
    changed = await world.change(subscription_id, product={"product_id": world.product(4900, **trial)})
    assert (changed.status, changed.amount) == (status, 4900)
    end = expected_end or NOW + 7 * DAY
    assert changed.trial_end == timestamp(end)
    ended = status == pb.SUBSCRIPTION_STATUS_ACTIVE
    assert (changed.current_period_start if ended else changed.current_period_end) == timestamp(end)
    assert await world.entries(subscription_id) == ([("cycle", 4900, "billed", False)] if ended else [])
    assert (await world.facts(subscription_id))[-1] == ("cycled" if ended else "updated")


async def test_a_trial_ends_when_it_is_said_to(world: ChangeWorld) -> None:
    subscription_id = await world.subscription(trial_days=14)
    later = await world.change(subscription_id, trial_end={"at": timestamp(NOW + 20 * DAY)})
    assert (later.trial_end, later.current_period_end) == (timestamp(NOW + 20 * DAY), timestamp(NOW + 20 * DAY))
    world.clock.advance(DAY)
    ended = await world.change(subscription_id, trial_end={"now": True})
    assert (ended.status, ended.trial_end) == (pb.SUBSCRIPTION_STATUS_ACTIVE, timestamp(NOW + DAY))
    assert (ended.current_period_start, ended.current_period_end) == (
        timestamp(NOW + DAY),
        timestamp(NOW.replace(month=3, day=1)),
    )
    assert await world.refusal(subscription_id, trial_end={"now": True}) == "SUBSCRIPTION_NOT_TRIALING"
    again = await world.change(subscription_id, trial_end={"at": timestamp(NOW + 30 * DAY)})
    assert (again.status, again.trial_start) == (pb.SUBSCRIPTION_STATUS_TRIALING, timestamp(NOW + DAY))
    assert (await world.facts(subscription_id))[-1] == "updated"


async def test_a_period_that_was_billed_is_not_billed_again_at_its_instant(world: ChangeWorld) -> None:
    subscription_id = await world.subscription(trial_days=14)
    await world.change(subscription_id, trial_end={"now": True})
    trialing = await world.change(subscription_id, trial_end={"at": timestamp(NOW + DAY)})
    assert await world.refusal(subscription_id, trial_end={"now": True}) == "PERIOD_BILLED"
    assert await world.refusal(subscription_id, product={"product_id": world.product()}) == "PERIOD_BILLED"
    shown = {"id": subscription_id, "change": {"trial_end": {"now": True}}}
    assert (await world.client.refusal("PreviewChange", OURS, **shown))[1] == "PERIOD_BILLED"
    assert await world.get(subscription_id) == trialing
    world.clock.advance(DAY / 2)
    assert (await world.change(subscription_id, trial_end={"now": True})).status == pb.SUBSCRIPTION_STATUS_ACTIVE


async def test_a_period_ends_when_it_is_said_to_and_the_next_ones_are_counted_from_there(world: ChangeWorld) -> None:
    subscription_id = await world.subscription()
    changed = await world.change(subscription_id, current_period_end=timestamp(NOW + 10 * DAY))
    assert (changed.current_period_start, changed.current_period_end) == (timestamp(NOW), timestamp(NOW + 10 * DAY))
    preview = await world.client.call("PreviewCharge", OURS, id=subscription_id)
    assert preview.billed_at == timestamp(NOW + 10 * DAY)
    assert preview.subscription.current_period_end == timestamp(NOW.replace(month=3, day=10))
