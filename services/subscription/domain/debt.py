"""What becomes of a subscription whose renewals are not paid: a function of all its unpaid orders, so that facts may come in any order.

It is past due while a renewal that failed is unpaid. When dunning is exhausted it ends, or stays as unpaid, as the organization chose; and
an unpaid one goes on when nothing is owed any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.subscription.domain.billing import BillingReason
from services.subscription.domain.changes import Why, revoked
from services.subscription.domain.cycle import Situation, begun_again, cycled, updated
from services.subscription.domain.status import ENDED, Status, after
from services.subscription.domain.story import Story, SubscriptionFact, latest, told
from services.subscription.domain.subscription import Subscription

_F = SubscriptionFact
_RENEWALS = frozenset({BillingReason.CREATE, BillingReason.CYCLE})


class OrderState(StrEnum):
    """What was last heard of an order."""

    FAILED = "failed"
    PAID = "paid"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class SubscriptionOrder:
    """An order of a subscription, as far as its facts were heard."""

    organization_id: UUID
    id: UUID
    subscription_id: UUID
    version: int
    """Of the newest fact."""
    reason: str
    """Word of the contract."""
    state: OrderState
    occurred_at: datetime
    """Of the newest fact."""
    past_due_at: datetime | None = None
    """Since when it waits for money without a buyer who is present."""
    exhausted_at: datetime | None = None
    """Since when nobody tries to charge it any more."""


def merged(heard: Iterable[SubscriptionOrder]) -> list[SubscriptionOrder]:
    """One an order: the newest fact, with what older ones add."""
    orders: dict[UUID, SubscriptionOrder] = {}
    for order in heard:
        known = orders.get(order.id)
        orders[order.id] = order if known is None else _with(*sorted((known, order), key=lambda each: each.version))
    return list(orders.values())


def settled(before: Subscription, orders: Sequence[SubscriptionOrder], *, keeps_unpaid: bool, situation: Situation) -> Story:
    """What its orders make of it; `orders`: at least all that are failed or exhausted."""
    if before.status in ENDED or before.awaits_first_payment:
        return ()
    owed = [order for order in orders if order.reason in _RENEWALS and order.state is OrderState.FAILED and _waits(order)]
    lost = [order for order in orders if order.exhausted_at is not None and _is_lost(order, keeps_unpaid=keeps_unpaid)]
    if lost and not keeps_unpaid:
        at = max(before.started_at, min(order.exhausted_at for order in lost if order.exhausted_at))
        return (revoked(before, Why(), situation, at=at),)
    paid_at = max((order.occurred_at for order in orders if order.state is OrderState.PAID), default=situation.now)
    if not owed:
        return _recovered(before, paid_at, situation)
    # What was given up is paid, and another is tried still: as if the payment had been heard of first.
    back = _recovered(before, paid_at, situation) if before.status is Status.UNPAID and not lost else ()
    owing = _owing(latest(before, back), min(filter(None, map(_since, owed))), bool(lost), situation.after(back))
    return (*back, *owing)


def _with(older: SubscriptionOrder, newer: SubscriptionOrder) -> SubscriptionOrder:
    return replace(
        newer,
        past_due_at=min(filter(None, (older.past_due_at, newer.past_due_at)), default=None),
        exhausted_at=min(filter(None, (older.exhausted_at, newer.exhausted_at)), default=None),
    )


def _owing(before: Subscription, past_due_at: datetime, given_up: bool, situation: Situation) -> Story:
    """Past due, and unpaid if it is given up. In a trial or a pause that shows once it is active again."""
    story: Story = ()
    behind = replace(before, past_due_at=past_due_at)
    if before.status is Status.ACTIVE:
        story = (told(replace(behind, status=after("fall_behind", before.status)), situation.now, _F.UPDATED, _F.PAST_DUE),)
        behind = story[-1].after
    if given_up and behind.status is Status.PAST_DUE:
        return (*story, told(replace(behind, status=after("give_up", behind.status)), situation.now, _F.UPDATED))
    if not story and behind != before:
        return (told(behind, situation.now, _F.UPDATED),)
    return story


def _recovered(before: Subscription, at: datetime, situation: Situation) -> Story:
    """Nothing is owed. After a time as unpaid, a period that is over is followed by a new one from the payment on, or by the end."""
    if before.past_due_at is None:
        return ()
    if before.status not in (Status.PAST_DUE, Status.UNPAID):
        return (told(replace(before, past_due_at=None), situation.now, _F.UPDATED),)
    active = replace(before, status=after("recover", before.status), past_due_at=None)
    if before.status is Status.UNPAID and before.period.end <= at and before.cancellation is None:
        return (cycled(begun_again(updated(active, situation), at), situation, _F.UPDATED, _F.ACTIVE),)
    return (told(active, situation.now, _F.UPDATED, _F.ACTIVE),)


def _waits(order: SubscriptionOrder) -> bool:
    """Not while a buyer is present who pays it, or does not."""
    return order.past_due_at is not None or order.exhausted_at is not None


def _since(order: SubscriptionOrder) -> datetime | None:
    return order.past_due_at or order.exhausted_at


def _is_lost(order: SubscriptionOrder, *, keeps_unpaid: bool) -> bool:
    """Where subscriptions stay as unpaid, voiding the order takes the debt away; else the order is void because nobody paid."""
    if order.reason not in _RENEWALS or order.state is OrderState.PAID:
        return False
    return order.state is OrderState.FAILED or not keeps_unpaid
