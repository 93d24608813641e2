"""What time does to a subscription, one due instant after the other.

At the end of a period, in this order: a pause begins, unless it is going to end; an end comes; a change that waited holds; the next period
is counted from the anchor; a discount that is used up goes; each price becomes a line beside those that waited; a trial becomes paid.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.subscription.domain.billing import BillingReason, bill, discount_billed
from services.subscription.domain.entry import BillingEntry, EntryState, EntryType
from services.subscription.domain.errors import PeriodBilled
from services.subscription.domain.pending import updated_terms
from services.subscription.domain.periods import Period, period, start_of
from services.subscription.domain.price import amount_of, quantity_of
from services.subscription.domain.status import Status, after
from services.subscription.domain.story import Change, Story, SubscriptionFact, told
from services.subscription.domain.subscription import Subscription
from services.subscription.domain.wording import line_in_words

_F = SubscriptionFact
MOST_STEPS = 5000
"""Of one subscription at a time: more than ten years of days."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What a decision about one subscription depends on beside it."""

    now: datetime
    new_id: Callable[[], UUID]
    pending: tuple[BillingEntry, ...] = ()
    """Its entries that wait for an order."""
    lost_product_id: UUID | None = None
    """A product that it was to change to, and that has no price in its currency any more."""
    is_billed: bool = False
    """Time has billed a period already that begins at `now`."""

    def after(self, story: Story) -> Situation:
        """Once that has happened: what of its entries waits still, or anew."""
        told = {entry.id: entry for step in story for entry in step.entries}
        if not told:
            return self
        known = {entry.id: entry for entry in self.pending} | told
        return replace(self, pending=tuple(entry for entry in known.values() if entry.state is EntryState.PENDING))


def caught_up(before: Subscription, situation: Situation, *, most: int = MOST_STEPS) -> Story:
    """All that time has done to it by now, in the order in which it was due; each missed period is billed once, on its own."""
    story: list[Change] = []
    latest = before
    while (due_at := latest.due_at) is not None and due_at <= situation.now and len(story) < most:
        step = _step(latest, due_at, situation)
        situation = situation.after((step,))
        story.append(step)
        latest = step.after
    return tuple(story)


def cycled(begun: Subscription, situation: Situation, *facts: SubscriptionFact) -> Change:
    """The period that a subscription has just begun, billed. PeriodBilled. `facts` are told before `subscription.cycled`."""
    if situation.is_billed and begun.period.start == situation.now:
        raise PeriodBilled
    begun = without_used_discount(begun)
    entries = (*cycle_entries(begun, situation), *situation.pending)
    billing = bill(begun, entries, BillingReason.CYCLE, situation.new_id()) if entries else None
    linked = billing.entries if billing else ()
    return told(discount_billed(begun, billing), situation.now, *facts, _F.CYCLED, entries=linked, billing=billing)


def without_used_discount(begun: Subscription) -> Subscription:
    """It in a new period, without the discount that reduced its last order in the one before."""
    discount = begun.terms.discount
    if discount is None or discount.reduces_next:
        return begun
    return replace(begun, terms=replace(begun.terms, discount=None))


def cycle_entries(subscription: Subscription, situation: Situation) -> tuple[BillingEntry, ...]:
    """An entry for each price that costs something, for the current period."""
    terms = subscription.terms
    entries = []
    for price in terms.prices:
        amount = amount_of(price, terms.seats, terms.units)
        if amount == 0:
            continue
        quantity = quantity_of(price, terms.seats, terms.units)
        entries.append(
            BillingEntry(
                id=situation.new_id(),
                organization_id=subscription.organization_id,
                subscription_id=subscription.id,
                type=EntryType.CYCLE,
                state=EntryState.PENDING,
                order_id=None,
                product_id=terms.product_id,
                price_id=price.id,
                label=terms.product_name,
                description=line_in_words(terms.product_name, price, quantity, subscription.period, terms.recurrence.time_zone),
                amount=amount,
                currency=terms.currency,
                quantity=quantity,
                proration=False,
                period=subscription.period,
                created_at=situation.now,
            )
        )
    return tuple(entries)


def begun_again(before: Subscription, at: datetime) -> Subscription:
    """It with a new anchor, in the first period from there."""
    return replace(before, anchor=at, period_number=0, period=period(at, before.terms.recurrence, 0))


def updated(before: Subscription, situation: Situation) -> Subscription:
    """It with the change that waited for the next period; without it, if the product that it led to has lost its price."""
    update = before.pending_update
    if update is None:
        return before
    is_lost = update.product is not None and update.product.product_id == situation.lost_product_id
    return replace(before, terms=before.terms if is_lost else updated_terms(before.terms, update), pending_update=None)


def _step(before: Subscription, due_at: datetime, situation: Situation) -> Change:
    if before.status is Status.PAUSED:
        return resumed(before, due_at, situation)
    if before.cancellation is not None and due_at == before.cancellation.ends_at:
        return _ended(before, situation)
    if due_at < before.period.end:
        fact = _F.TRIAL_END_ANNOUNCED if before.status is Status.TRIALING else _F.RENEWAL_ANNOUNCED
        return told(replace(before, announced_end=before.period.end), situation.now, fact)
    if before.pause is not None and before.pause.resumes_at is not None and before.pause.resumes_at <= before.period.end:
        return _renewed(replace(before, pause=None), situation)  # since it was asked for, the period's end has moved past it
    if before.pause is not None and before.status is Status.ACTIVE:
        pause = replace(before.pause, paused_at=before.period.end)
        return told(replace(before, status=after("pause", before.status), pause=pause), situation.now, _F.UPDATED, _F.PAUSED)
    return _renewed(before, situation)


def _renewed(before: Subscription, situation: Situation) -> Change:
    """In its next period, with the change that waited for it."""
    following = updated(before, situation)
    if following.terms.recurrence != before.terms.recurrence:
        following = begun_again(following, before.period.end)
    else:
        number = before.period_number + 1
        while (end := start_of(before.anchor, before.terms.recurrence, number + 1)) <= before.period.end:
            number += 1  # a day that a country skipped is no period
        following = replace(following, period_number=number, period=Period(before.period.end, end))
    if before.status is Status.TRIALING:
        status = _going_on("activate", before)
        became = _F.ACTIVE if status is Status.ACTIVE else _F.PAST_DUE
        return cycled(replace(following, status=status), situation, _F.UPDATED, became)
    return cycled(following, situation)


def resumed(before: Subscription, at: datetime, situation: Situation) -> Change:
    """It goes on: a new period begins there and is billed. PeriodBilled; SUBSCRIPTION_STATUS_WRONG unless it rests."""
    active = replace(updated(before, situation), status=_going_on("resume", before), pause=None)
    became = () if active.status is Status.ACTIVE else (_F.PAST_DUE,)
    return cycled(begun_again(active, at), situation, _F.UPDATED, _F.RESUMED, *became)


def _ended(before: Subscription, situation: Situation) -> Change:
    """Its end has come; what waited for an order becomes the last one."""
    assert before.cancellation is not None
    ended = replace(before, status=after("end", before.status), ended_at=before.cancellation.ends_at, pending_update=None, pause=None)
    if not situation.pending:
        return told(ended, situation.now, _F.UPDATED, _F.REVOKED)
    billing = bill(before, situation.pending, BillingReason.UPDATE, situation.new_id())
    return told(ended, situation.now, _F.UPDATED, _F.BILLED, _F.REVOKED, entries=billing.entries, billing=billing)


def _going_on(verb: str, before: Subscription) -> Status:
    """Active after a trial or a pause, or past due at once if a renewal of before is still not paid."""
    active = after(verb, before.status)
    return active if before.past_due_at is None else after("fall_behind", active)
