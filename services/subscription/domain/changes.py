"""What people and time do to a subscription. Each returns the subscription afterwards with the facts that became true."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from services.subscription.domain.errors import SubscriptionEnded, SubscriptionNotCanceled
from services.subscription.domain.periods import period
from services.subscription.domain.status import ENDED, LIFECYCLE, Status
from services.subscription.domain.subscription import Cancellation, Change, Subscription, SubscriptionFact

_F = SubscriptionFact


@dataclass(frozen=True, slots=True)
class Why:
    """What a canceling customer said; empty or None if nothing."""

    reason: str = ""
    comment: str | None = None


def caught_up(before: Subscription, now: datetime) -> Change:
    """What time has done to it: the end that was set has come, or its trial is over."""
    if before.due_at is None or now < before.due_at:
        return Change(before)
    if before.cancellation is not None:
        ended = replace(before, status=_after("end", before), ended_at=before.cancellation.ends_at)
        return _told(ended, now, _F.UPDATED, _F.REVOKED)
    return _first_period_begun(before, now)


def canceled(before: Subscription, why: Why, now: datetime) -> Change:
    """It ends with its current period. Repeated, only what was said about it changes."""
    if before.status in ENDED:
        raise SubscriptionEnded
    _after("cancel", before)
    known = before.cancellation
    if known is not None:
        after = _said(known, why)
        return Change(before) if after == known else _told(replace(before, cancellation=after), now, _F.UPDATED)
    cancellation = _said(Cancellation(canceled_at=now, ends_at=before.period.end, at_period_end=True), why)
    return _told(replace(before, cancellation=cancellation), now, _F.UPDATED, _F.CANCELED)


def uncanceled(before: Subscription, now: datetime) -> Change:
    """It goes on after all."""
    if before.status in ENDED:
        raise SubscriptionEnded
    if before.cancellation is None:
        raise SubscriptionNotCanceled
    _after("uncancel", before)
    return _told(replace(before, cancellation=None), now, _F.UPDATED, _F.UNCANCELED)


def revoked(before: Subscription, why: Why, now: datetime) -> Change:
    """It ends at once. What has ended stays as it is."""
    if before.status in ENDED:
        return Change(before)
    known = before.cancellation
    cancellation = replace(known, ends_at=now) if known else Cancellation(canceled_at=now, ends_at=now, at_period_end=False)
    facts = (_F.UPDATED, _F.REVOKED) if known else (_F.UPDATED, _F.CANCELED, _F.REVOKED)
    ended = replace(before, status=_after("end", before), cancellation=_said(cancellation, why), ended_at=now)
    return _told(ended, now, *facts)


def ended_with_customer(before: Subscription, deleted_at: datetime, now: datetime) -> Change:
    """It ends when its customer was deleted, whichever of the two was heard of first."""
    due = caught_up(before, deleted_at)
    end = revoked(due.after, Why(), max(deleted_at, before.started_at))
    return followed(due, Change(replace(end.after, modified_at=now), end.facts))


def followed(first: Change, second: Change) -> Change:
    """Two changes of one subscription as one."""
    return Change(second.after, first.facts + second.facts)


def _first_period_begun(before: Subscription, now: datetime) -> Change:
    # The first order of a trial is due now. Until there are renewals, nothing is billed for the period that begins here.
    begun = period(before.anchor, before.terms.recurrence, 0)
    return _told(replace(before, status=_after("activate", before), period=begun), now, _F.UPDATED, _F.ACTIVE, _F.CYCLED)


def _after(verb: str, before: Subscription) -> Status:
    return Status(LIFECYCLE.after(verb, before.status))


def _said(cancellation: Cancellation, why: Why) -> Cancellation:
    comment = cancellation.comment if why.comment is None else why.comment
    return replace(cancellation, reason=why.reason or cancellation.reason, comment=comment)


def _told(after: Subscription, now: datetime, *facts: SubscriptionFact) -> Change:
    return Change(replace(after, version=after.version + len(facts), modified_at=now), facts)
