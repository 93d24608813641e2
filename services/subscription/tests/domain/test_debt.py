"""What unpaid orders make of a subscription, in whatever order their facts come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest

from services.chassis.ids import new_id
from services.subscription.domain.changes import Why, canceled
from services.subscription.domain.cycle import caught_up
from services.subscription.domain.debt import OrderState, SubscriptionOrder, merged, settled
from services.subscription.domain.periods import period
from services.subscription.domain.status import Status
from services.subscription.domain.story import Story, latest
from services.subscription.domain.subscription import Pause, PendingUpdate, ProductTarget, Subscription
from services.subscription.tests.builders import MONTHLY, NOW, ORGANIZATION, a_subscription, at, entry, price

DAY = timedelta(days=1)
LATER = NOW + 30 * DAY


def order(
    state: OrderState = OrderState.FAILED,
    *,
    reason: str = "subscription_cycle",
    past_due_at: datetime | None = NOW,
    exhausted_at: datetime | None = None,
    occurred_at: datetime = NOW,
    version: int = 2,
    order_id: UUID | None = None,
) -> SubscriptionOrder:
    return SubscriptionOrder(ORGANIZATION, order_id or new_id(), new_id(), version, reason, state, occurred_at, past_due_at, exhausted_at)


def told(story: Story) -> list[str]:
    return [fact.value.removeprefix("subscription.") for step in story for fact in step.facts]


def settle(before: Subscription, *orders: SubscriptionOrder, keeps: bool = False, now: datetime = LATER) -> Story:
    return settled(before, orders, keeps_unpaid=keeps, situation=at(now))


def past_due() -> Subscription:
    return settle(a_subscription(), order())[-1].after


def unpaid() -> Subscription:
    return settle(past_due(), order(exhausted_at=NOW + 21 * DAY), keeps=True)[-1].after


def test_a_renewal_that_failed_makes_it_past_due() -> None:
    story = settle(a_subscription(), order(past_due_at=NOW + DAY), order(past_due_at=NOW))
    assert told(story) == ["updated", "past_due"]
    assert (story[-1].after.status, story[-1].after.past_due_at) == (Status.PAST_DUE, NOW)
    assert settle(story[-1].after, order(past_due_at=NOW)) == ()
    assert settle(a_subscription(), order(reason="subscription_create"))[-1].after.status is Status.PAST_DUE


@pytest.mark.parametrize(
    "harmless",
    [
        order(reason="subscription_update"),
        order(reason="purchase"),
        order(past_due_at=None),  # a buyer is present
        order(OrderState.VOID),
        order(OrderState.PAID),
    ],
)
def test_what_is_no_debt_changes_nothing(harmless: SubscriptionOrder) -> None:
    assert settle(a_subscription(), harmless) == ()


def test_it_recovers_when_nothing_is_owed_any_more() -> None:
    assert settle(past_due(), order(), order(OrderState.PAID)) == ()
    for done in (OrderState.PAID, OrderState.VOID):
        story = settle(past_due(), order(done))
        assert told(story) == ["updated", "active"]
        assert (story[-1].after.status, story[-1].after.past_due_at) == (Status.ACTIVE, None)


def test_when_nobody_pays_it_ends_if_the_organization_says_so() -> None:
    exhausted_at = NOW + 21 * DAY
    for before in (a_subscription(), past_due()):
        for state in (OrderState.FAILED, OrderState.VOID):
            story = settle(before, order(state, exhausted_at=exhausted_at))
            assert told(story) == ["updated", "canceled", "revoked"]
            assert (story[-1].after.status, story[-1].after.ended_at) == (Status.CANCELED, exhausted_at)
    assert settle(past_due(), order(OrderState.PAID, exhausted_at=exhausted_at))[-1].after.status is Status.ACTIVE


def test_when_nobody_pays_it_stays_unpaid_if_the_organization_says_so() -> None:
    given_up = order(exhausted_at=NOW + 21 * DAY)
    story = settle(past_due(), given_up, keeps=True)
    assert (told(story), story[-1].after.status) == (["updated"], Status.UNPAID)
    assert settle(story[-1].after, given_up, keeps=True) == ()
    at_once = settle(a_subscription(), given_up, keeps=True)
    assert (told(at_once), at_once[-1].after.status) == (["updated", "past_due", "updated"], Status.UNPAID)
    assert caught_up(story[-1].after, at(NOW + 400 * DAY)) == ()


def test_an_unpaid_one_goes_on_from_the_payment_if_its_period_is_over() -> None:
    paid_at = NOW + 100 * DAY
    story = settle(unpaid(), order(OrderState.PAID, occurred_at=paid_at, exhausted_at=NOW), keeps=True, now=paid_at + DAY)
    after = story[-1].after
    assert told(story) == ["updated", "active", "cycled"]
    assert (after.status, after.anchor, after.period, after.past_due_at) == (Status.ACTIVE, paid_at, period(paid_at, MONTHLY, 0), None)
    assert story[-1].billing is not None
    assert story[-1].billing.period == after.period


def test_a_payment_at_the_very_end_of_the_period_begins_the_next() -> None:
    before = unpaid()
    after = settle(before, order(OrderState.PAID, occurred_at=before.period.end), keeps=True, now=before.period.end)[-1].after
    assert (after.anchor, after.period.start) == (before.period.end, before.period.end)


def test_an_unpaid_one_goes_on_in_its_period_if_that_is_not_over() -> None:
    before = unpaid()
    story = settle(before, order(OrderState.PAID, occurred_at=NOW + 22 * DAY), keeps=True, now=NOW + 22 * DAY)
    assert (told(story), story[-1].after.period) == (["updated", "active"], before.period)


def test_a_change_that_waited_holds_from_the_period_on_that_begins_with_the_payment() -> None:
    paid_at = NOW + 100 * DAY
    target = ProductTarget(new_id(), "Team", MONTHLY, (price(500),), "exclusive")
    before = replace(unpaid(), pending_update=PendingUpdate(NOW, NOW + 28 * DAY, target))
    story = settle(before, order(OrderState.PAID, occurred_at=paid_at), keeps=True, now=paid_at)
    after = story[-1].after
    assert (after.terms.product_name, after.pending_update) == ("Team", None)
    assert story[-1].billing is not None
    assert [line.amount for line in story[-1].billing.entries] == [500]


def test_an_unpaid_one_that_was_to_end_with_its_period_begins_no_other() -> None:
    before = replace(canceled(a_subscription(), Why(), at()).after, status=Status.UNPAID, past_due_at=NOW)
    paid_at = NOW + 100 * DAY
    story = settle(before, order(OrderState.PAID, occurred_at=paid_at), keeps=True, now=paid_at)
    assert (told(story), story[-1].after.period) == (["updated", "active"], before.period)
    assert told(caught_up(story[-1].after, at(paid_at))) == ["updated", "revoked"]


def test_what_has_ended_is_not_moved_by_a_debt() -> None:
    before = replace(a_subscription(), status=Status.CANCELED)
    assert settle(before, order()) == settle(before) == ()


@pytest.mark.parametrize(
    ("status", "told_then"),
    [(Status.TRIALING, ["updated", "past_due", "cycled"]), (Status.PAUSED, ["updated", "resumed", "past_due", "cycled"])],
)
def test_a_debt_shows_after_a_trial_or_a_pause(status: Status, told_then: list[str]) -> None:
    pause = Pause(resumes_at=LATER, paused_at=NOW) if status is Status.PAUSED else None
    before = replace(a_subscription(), status=status, pause=pause, announced_end=a_subscription().period.end)
    story = settle(before, order(), now=NOW)
    assert (told(story), story[-1].after.status, story[-1].after.past_due_at) == (["updated"], status, NOW)
    on = caught_up(story[-1].after, at(LATER))
    assert (told(on), on[-1].after.status) == (told_then, Status.PAST_DUE)
    assert settle(story[-1].after, order(OrderState.PAID), now=NOW)[-1].after.past_due_at is None


def _story(chance: int) -> list[SubscriptionOrder]:
    """The facts of two renewals: one fails twice and is paid or given up, one fails and is paid."""
    one, two = new_id(), new_id()
    end = {
        0: [order(OrderState.PAID, version=5, order_id=one, past_due_at=None, occurred_at=NOW + 3 * DAY)],
        1: [
            order(version=5, order_id=one, past_due_at=None, exhausted_at=NOW + 21 * DAY, occurred_at=NOW + 21 * DAY),
            order(OrderState.VOID, version=6, order_id=one, past_due_at=None, occurred_at=NOW + 21 * DAY),
        ],
    }[chance]
    return [
        order(version=3, order_id=one),
        order(version=4, order_id=one, past_due_at=NOW, occurred_at=NOW + 2 * DAY),
        *end,
        order(version=3, order_id=two, past_due_at=NOW + DAY),
        order(OrderState.PAID, version=4, order_id=two, past_due_at=None, occurred_at=NOW + 4 * DAY),
    ]


def _end_of(
    before: Subscription, facts: Sequence[SubscriptionOrder], *, keeps: bool = False
) -> tuple[Status, datetime | None, datetime | None]:
    known: list[SubscriptionOrder] = []
    for fact in facts:
        known = merged([*known, fact])
        before = latest(before, settle(before, *known, keeps=keeps))
    return before.status, before.past_due_at, before.ended_at


@pytest.mark.parametrize("chance", [0, 1])
def test_any_order_of_facts_ends_the_same(chance: int) -> None:
    before, facts = a_subscription(), _story(chance)
    expected = (Status.CANCELED, None, NOW + 21 * DAY) if chance else (Status.ACTIVE, None, None)
    assert {_end_of(before, shuffled) for shuffled in permutations(facts)} == {expected}


def test_a_kept_one_of_which_the_order_that_was_given_up_is_paid_is_tried_for_the_other() -> None:
    one, two = new_id(), new_id()
    facts = [
        order(version=3, order_id=one),
        order(version=5, order_id=one, past_due_at=None, exhausted_at=NOW + 21 * DAY, occurred_at=NOW + 21 * DAY),
        order(OrderState.PAID, version=6, order_id=one, past_due_at=None, occurred_at=NOW + 25 * DAY),
        order(version=3, order_id=two, past_due_at=NOW + 22 * DAY, occurred_at=NOW + 26 * DAY),
    ]
    expected = (Status.PAST_DUE, NOW + 22 * DAY, None)
    assert {_end_of(a_subscription(), shuffled, keeps=True) for shuffled in permutations(facts)} == {expected}


def test_what_waits_for_an_order_is_dropped_with_the_end() -> None:
    before = past_due()
    story = settled(before, [order(exhausted_at=LATER)], keeps_unpaid=False, situation=at(LATER, [entry(before)]))
    assert [each.state for each in story[-1].entries] == ["dropped"]
