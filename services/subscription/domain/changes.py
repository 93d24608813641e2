"""What people do to a subscription's life: end it, let it rest, let it go on. What time does to it is cycle.py's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from services.subscription.domain.cycle import Situation, caught_up, resumed
from services.subscription.domain.entry import dropped
from services.subscription.domain.errors import (
    PauseNotScheduled,
    ResumesAtTooEarly,
    SubscriptionCanceled,
    SubscriptionEnded,
    SubscriptionNotActive,
    SubscriptionNotCanceled,
    SubscriptionNotPaused,
)
from services.subscription.domain.first_payment import expired
from services.subscription.domain.horizon import check_near
from services.subscription.domain.status import ENDED, Status, after
from services.subscription.domain.story import Change, Story, SubscriptionFact, latest, told
from services.subscription.domain.subscription import Cancellation, Pause, Subscription

_F = SubscriptionFact
Transition = Callable[[Subscription, Situation], Change]
"""What one command does; a change without facts changed nothing."""


@dataclass(frozen=True, slots=True)
class Why:
    """What a canceling customer said; empty or None if nothing."""

    reason: str = ""
    comment: str | None = None


def canceled(before: Subscription, why: Why, situation: Situation) -> Change:
    """It ends with its current period. Repeated, only what was said about it changes. SubscriptionEnded, SUBSCRIPTION_STATUS_WRONG."""
    if before.status in ENDED:
        raise SubscriptionEnded
    after("cancel", before.status)
    known = before.cancellation
    if known is not None:
        said = _said(known, why)
        return Change(before) if said == known else told(replace(before, cancellation=said), situation.now, _F.UPDATED)
    cancellation = _said(Cancellation(canceled_at=situation.now, ends_at=before.period.end, at_period_end=True), why)
    return told(replace(before, cancellation=cancellation), situation.now, _F.UPDATED, _F.CANCELED)


def uncanceled(before: Subscription, situation: Situation) -> Change:
    """It goes on after all. SubscriptionEnded, SubscriptionNotCanceled, SUBSCRIPTION_STATUS_WRONG."""
    if before.status in ENDED:
        raise SubscriptionEnded
    if before.cancellation is None:
        raise SubscriptionNotCanceled
    after("uncancel", before.status)
    return told(replace(before, cancellation=None), situation.now, _F.UPDATED, _F.UNCANCELED)


def revoked(before: Subscription, why: Why, situation: Situation, *, at: datetime | None = None) -> Change:
    """It ends at once; what waits for an order is never billed. What has ended stays as it is. `at`: when it ended, if not now."""
    if before.status in ENDED:
        return Change(before)
    instant = at or situation.now
    known = before.cancellation
    cancellation = replace(known, ends_at=instant) if known else Cancellation(canceled_at=instant, ends_at=instant, at_period_end=False)
    facts = (_F.UPDATED, _F.REVOKED) if known else (_F.UPDATED, _F.CANCELED, _F.REVOKED)
    ended = replace(
        before,
        status=after("end", before.status),
        cancellation=_said(cancellation, why),
        ended_at=instant,
        pause=None,
        past_due_at=None,
        pending_update=None,
        charging_update=None,
    )
    return told(ended, situation.now, *facts, entries=dropped(situation.pending))


def ended_with_customer(before: Subscription, deleted_at: datetime, situation: Situation) -> Story:
    """It ends when its customer was deleted, whichever of the two was heard of first."""
    if before.awaits_first_payment:
        end = expired(before, deleted_at, situation.now)
        return (end,) if end.facts else ()
    due = caught_up(before, replace(situation, now=min(deleted_at, situation.now)))
    end = revoked(latest(before, due), Why(), situation.after(due), at=max(deleted_at, before.started_at))
    return (*due, end) if end.facts else due


def paused(before: Subscription, resumes_at: datetime | None, situation: Situation) -> Change:
    """It rests from the end of its period on. Repeated, only `resumes_at` changes.

    SubscriptionEnded, SubscriptionNotActive, SubscriptionCanceled, ResumesAtTooEarly, TooFarAhead.
    """
    if before.status in ENDED:
        raise SubscriptionEnded
    if before.status is not Status.ACTIVE:
        raise SubscriptionNotActive(before.status)
    if before.cancellation is not None:
        raise SubscriptionCanceled
    if resumes_at is not None and resumes_at <= before.period.end:
        raise ResumesAtTooEarly(before.period.end)
    if resumes_at is not None:
        check_near(resumes_at, situation.now, "resumes_at")
    pause = Pause(resumes_at)
    return Change(before) if pause == before.pause else told(replace(before, pause=pause), situation.now, _F.UPDATED)


def pause_unscheduled(before: Subscription, situation: Situation) -> Change:
    """It does not rest after all. PauseNotScheduled."""
    if before.pause is None or before.pause.paused_at is not None:
        raise PauseNotScheduled
    return told(replace(before, pause=None), situation.now, _F.UPDATED)


def resumed_now(before: Subscription, situation: Situation) -> Change:
    """It goes on now, in a new period. SubscriptionNotPaused, PeriodBilled."""
    if before.status is not Status.PAUSED:
        raise SubscriptionNotPaused(before.status)
    return resumed(before, situation.now, situation)


def _said(cancellation: Cancellation, why: Why) -> Cancellation:
    comment = cancellation.comment if why.comment is None else why.comment
    return replace(cancellation, reason=why.reason or cancellation.reason, comment=comment)
