"""Changes by which nothing is prorated: of discount, trial, period and metadata, of all terms in a trial, and of what is to come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from services.chassis.metadata import MetadataValue
from services.subscription.domain.change_errors import (
    NoPendingUpdate,
    PeriodEndInPast,
    SubscriptionNotTrialing,
    TrialEndInPast,
    TrialNotPossible,
)
from services.subscription.domain.change_shapes import ProductChange, SoldChange
from services.subscription.domain.cycle import Situation, begun_again, cycled
from services.subscription.domain.discount import AppliedDiscount, attached
from services.subscription.domain.horizon import check_near
from services.subscription.domain.periods import Interval, Period, Recurrence, period
from services.subscription.domain.status import Status, after
from services.subscription.domain.story import Change, SubscriptionFact, told
from services.subscription.domain.subscription import Subscription, Terms

_F = SubscriptionFact


def discount_changed(before: Subscription, applied: AppliedDiscount | None, situation: Situation) -> Change:
    """Another discount from the next period on, counted from the beginning, or none any more."""
    terms = before.terms
    if applied is None and terms.discount is None:
        return Change(before)
    discount = attached(applied, before.anchor, terms.recurrence, before.period_number + 1) if applied else None
    return told(replace(before, terms=replace(terms, discount=discount)), situation.now, _F.UPDATED)


def trial_end_changed(before: Subscription, at: datetime | None, situation: Situation) -> Change:
    """The trial ends then, or now and bills its first period. An active subscription gets a trial that begins now.

    SubscriptionNotTrialing, TrialEndInPast, TooFarAhead, PeriodBilled, TrialNotPossible.
    """
    if at is None:
        if before.status is not Status.TRIALING:
            raise SubscriptionNotTrialing(before.status)
        return trial_ended(before, situation)
    _check_ahead(at, situation.now, TrialEndInPast(situation.now), "change.trial_end.at")
    if before.status is Status.TRIALING:
        return told(_until(before, at), situation.now, _F.UPDATED)
    if before.status is not Status.ACTIVE:
        raise TrialNotPossible(before.status)
    trial = Period(situation.now, at)
    trialing = replace(before, status=after("start_trial", before.status), trial=trial, period=trial)
    return told(_until(trialing, at), situation.now, _F.UPDATED)


def period_end_changed(before: Subscription, at: datetime, situation: Situation) -> Change:
    """The current period ends then, and the next ones are counted from there. In a trial it is the trial that ends then.

    PeriodEndInPast, TooFarAhead.
    """
    _check_ahead(at, situation.now, PeriodEndInPast(situation.now), "change.current_period_end")
    return told(_until(before, at), situation.now, _F.UPDATED)


def pending_update_cleared(before: Subscription, situation: Situation) -> Change:
    """Nothing waits for the next period any more, nor once a change is paid that would have left it waiting. NoPendingUpdate."""
    if before.pending_update is None:
        raise NoPendingUpdate
    charging = before.charging_update
    cleared = replace(charging, pending_update=None) if charging else None
    return told(replace(before, pending_update=None, charging_update=cleared), situation.now, _F.UPDATED)


def metadata_changed(before: Subscription, metadata: Mapping[str, MetadataValue], situation: Situation) -> Change:
    """The merchant's own notes, also about what has ended."""
    if dict(before.metadata) == dict(metadata):
        return Change(before)
    return told(replace(before, metadata=metadata), situation.now, _F.UPDATED)


def product_changed_in_trial(before: Subscription, terms: Terms, wish: SoldChange, situation: Situation) -> Change:
    """Other terms while nothing is paid yet. Another product brings its own trial, counted from the start of this one; where that is over,
    or there is none, the trial ends now. PeriodBilled."""
    assert before.trial is not None
    there = replace(before, terms=terms)
    if not isinstance(wish, ProductChange) or terms.product_id == before.terms.product_id:
        return told(there, situation.now, _F.UPDATED)
    product = wish.product
    if product.trial_interval is None:
        return trial_ended(there, situation)
    length = Recurrence(Interval(product.trial_interval), product.trial_interval_count, terms.recurrence.time_zone)
    end = period(before.trial.start, length, 0).end
    if end <= situation.now:
        return trial_ended(there, situation)
    return told(_until(there, end), situation.now, _F.UPDATED)


def trial_ended(before: Subscription, situation: Situation) -> Change:
    """The trial is over now: the first period begins and is billed, as at the end that was set. PeriodBilled."""
    assert before.trial is not None
    over = replace(before, status=after("activate", before.status), trial=Period(before.trial.start, situation.now))
    return cycled(begun_again(over, situation.now), situation, _F.UPDATED, _F.ACTIVE)


def _until(before: Subscription, at: datetime) -> Subscription:
    """It with a period that leads up to an anchor."""
    trial = Period(before.trial.start, at) if before.trial and before.status is Status.TRIALING else before.trial
    pending = replace(before.pending_update, applies_at=at) if before.pending_update else None
    return replace(before, anchor=at, period_number=-1, period=Period(before.period.start, at), trial=trial, pending_update=pending)


def _check_ahead(at: datetime, now: datetime, in_past: Exception, field: str) -> None:
    if at <= now:
        raise in_past
    check_near(at, now, field)
