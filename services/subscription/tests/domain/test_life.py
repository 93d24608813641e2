"""A life of any commands at any times, twice: once swept every day, once only when somebody does something. They must be one life."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.chassis.errors import BursarError
from services.subscription.domain.changes import Transition, Why, canceled, pause_unscheduled, paused, resumed_now, revoked, uncanceled
from services.subscription.domain.cycle import caught_up
from services.subscription.domain.periods import Interval, Period, Recurrence
from services.subscription.domain.start import started
from services.subscription.domain.status import ENDED, Status
from services.subscription.domain.story import Story, SubscriptionFact, latest
from services.subscription.domain.subscription import Subscription
from services.subscription.tests.builders import NOW, at, discount, purchase, terms

_F = SubscriptionFact
_RECURRENCES = [Recurrence(Interval.MONTH, 1, "UTC"), Recurrence(Interval.WEEK, 1, "Europe/Berlin"), Recurrence(Interval.YEAR, 1, "UTC")]


class Life:
    """One subscription with all that was told of it and billed for it."""

    def __init__(self, trial_days: int, recurrence: Recurrence) -> None:
        start = started(purchase(trial_days, terms=terms(recurrence=recurrence), discount=discount("repeating", 3)), NOW)
        self.subscription = start.after
        self.facts: list[SubscriptionFact] = list(start.facts)
        self.billed: list[tuple[Period, bool]] = []

    def sweep(self, now: datetime) -> None:
        self._take(caught_up(self.subscription, at(now)))

    def command(self, transition: Transition, now: datetime) -> str:
        due = caught_up(self.subscription, at(now))
        try:
            change = transition(latest(self.subscription, due), at(now))
        except BursarError as error:
            return error.reason
        self._take((*due, change) if change.facts else due)
        return ""

    def _take(self, story: Story) -> None:
        for step in story:
            assert step.after.version == self.subscription.version + len(step.facts)
            self.facts += step.facts
            if step.billing is not None and step.billing.period is not None:
                assert step.billing.period == step.after.period
                self.billed.append((step.billing.period, step.billing.discount is not None))
            self.subscription = step.after

    def seen(self, now: datetime) -> tuple[Subscription, list[SubscriptionFact], list[tuple[Period, bool]]]:
        """What is to be the same whenever it is looked at."""
        story = caught_up(self.subscription, at(now))
        bills = [(each.billing.period, each.billing.discount is not None) for each in story if each.billing and each.billing.period]
        after = replace(latest(self.subscription, story), modified_at=NOW)
        return after, [*self.facts, *(fact for step in story for fact in step.facts)], [*self.billed, *bills]


class Lives(RuleBasedStateMachine):
    """`eager` is swept all the time, `lazy` never."""

    @initialize(trial_days=st.sampled_from([0, 0, 1, 14, 45]), recurrence=st.sampled_from(_RECURRENCES))
    def start(self, trial_days: int, recurrence: Recurrence) -> None:
        self.now = NOW
        self.eager = Life(trial_days, recurrence)
        self.lazy = Life(trial_days, recurrence)
        self.lazy.subscription = self.eager.subscription
        reduction = self.eager.subscription.terms.discount
        assert reduction is not None
        assert reduction.cycles_left is not None
        self.cycles_left = reduction.cycles_left

    @rule(hours=st.integers(1, 24 * 40))
    def time_passes(self, hours: int) -> None:
        end = self.now + timedelta(hours=hours)
        while self.now < end:
            self.now = min(end, self.now + timedelta(hours=29))
            self.eager.sweep(self.now)

    @rule(reason=st.sampled_from(["", "unused"]))
    def cancel(self, reason: str) -> None:
        self._command(lambda before, situation: canceled(before, Why(reason), situation))

    @rule()
    def uncancel(self) -> None:
        self._command(uncanceled)

    @precondition(lambda self: self.now > NOW + timedelta(days=100))
    @rule()
    def revoke(self) -> None:
        self._command(lambda before, situation: revoked(before, Why(), situation))

    @rule(days=st.none() | st.integers(1, 120))
    def pause(self, days: int | None) -> None:
        resumes_at = None if days is None else self.now + timedelta(days=days)
        self._command(lambda before, situation: paused(before, resumes_at, situation))

    @rule()
    def unschedule(self) -> None:
        self._command(pause_unscheduled)

    @rule()
    def resume(self) -> None:
        self._command(resumed_now)

    @invariant()
    def when_it_is_swept_does_not_matter(self) -> None:
        assert self.eager.seen(self.now) == self.lazy.seen(self.now)

    @invariant()
    def its_facts_tell_its_life(self) -> None:
        subscription, facts, _ = self.eager.seen(self.now)
        assert subscription.version == len(facts)
        assert facts[0] is _F.CREATED
        assert facts.count(_F.REVOKED) == (subscription.status in ENDED)
        assert _F.REVOKED not in facts[:-1]
        assert facts.count(_F.PAUSED) - facts.count(_F.RESUMED) in (0, 1)
        open_cancellations = facts.count(_F.CANCELED) - facts.count(_F.UNCANCELED)
        assert open_cancellations == (subscription.cancellation is not None)

    @invariant()
    def every_period_is_billed_once_and_none_of_a_pause(self) -> None:
        subscription, facts, billed = self.eager.seen(self.now)
        assert len(billed) == facts.count(_F.CYCLED)
        for (one, _), (following, _) in pairwise(billed):
            assert one.start < one.end <= following.start
        reduced = [was_reduced for _, was_reduced in billed]
        assert reduced == sorted(reduced, reverse=True)
        assert reduced.count(True) <= self.cycles_left
        if subscription.status is Status.ACTIVE and facts.count(_F.CYCLED):
            assert billed[-1][0] == subscription.period

    def _command(self, transition: Transition) -> None:
        assert self.eager.command(transition, self.now) == self.lazy.command(transition, self.now)


Lives.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestLives = Lives.TestCase
