"""A life of any commands at any times, against a model too simple to be wrong."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.chassis.errors import BursarError
from services.subscription.domain.changes import Why, canceled, caught_up, followed, revoked, uncanceled
from services.subscription.domain.start import started
from services.subscription.domain.status import ENDED, Status
from services.subscription.domain.subscription import Change, Subscription, SubscriptionFact
from services.subscription.tests.builders import NOW, purchase

_F = SubscriptionFact
_LATE = st.booleans()


class Life(RuleBasedStateMachine):
    """The sweep may come late or never; commands must not depend on it."""

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = NOW
        self.facts: list[SubscriptionFact] = []

    @initialize(trial_days=st.sampled_from([0, 0, 1, 14, 45]))
    def start(self, trial_days: int) -> None:
        change = started(purchase(trial_days), NOW)
        self.subscription: Subscription = change.after
        self.facts += change.facts
        # The model: when the trial ends, when a cancellation was asked for, and when it ended.
        self.trial_end = change.after.trial.end if change.after.trial else None
        self.ends_at: datetime | None = None
        self.ended_at: datetime | None = None

    @rule(hours=st.integers(1, 24 * 20))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule()
    def the_sweep_comes(self) -> None:
        self._take(caught_up(self.subscription, self.now))
        self._model_time()

    @rule(reason=st.sampled_from(["", "unused"]))
    def cancel(self, reason: str) -> None:
        self._model_time()
        expected = self.ended_at is None
        if expected and self.ends_at is None:
            self.ends_at = self._model_period_end()
        assert self._command(lambda before: canceled(before, Why(reason), self.now)) is expected

    @rule()
    def uncancel(self) -> None:
        self._model_time()
        expected = self.ended_at is None and self.ends_at is not None
        if expected:
            self.ends_at = None
        assert self._command(lambda before: uncanceled(before, self.now)) is expected

    @rule()
    def revoke(self) -> None:
        self._model_time()
        if self.ended_at is None:
            self.ended_at = self.now
        assert self._command(lambda before: revoked(before, Why(), self.now))

    @precondition(lambda self: self.facts)
    @invariant()
    def it_agrees_with_the_model(self) -> None:
        if self.subscription.due_at is not None and self.subscription.due_at <= self.now:
            return  # the sweep is late
        subscription = self.subscription
        self._model_time()
        assert subscription.ended_at == self.ended_at
        assert (subscription.status in ENDED) == (self.ended_at is not None)
        if self.ended_at is None:
            in_trial = self.trial_end is not None and self.now < self.trial_end
            assert subscription.status is (Status.TRIALING if in_trial else Status.ACTIVE)
            assert (subscription.cancellation.ends_at if subscription.cancellation else None) == self.ends_at

    @precondition(lambda self: self.facts)
    @invariant()
    def its_facts_tell_its_life(self) -> None:
        assert self.subscription.version == len(self.facts)
        assert self.facts[0] is _F.CREATED
        assert self.facts.count(_F.REVOKED) == (self.subscription.status in ENDED)
        assert _F.REVOKED not in self.facts[:-1]
        assert self.facts.count(_F.ACTIVE) <= 1
        open_cancellations = self.facts.count(_F.CANCELED) - self.facts.count(_F.UNCANCELED)
        assert open_cancellations == (self.subscription.cancellation is not None)
        assert self.subscription.period.start < self.subscription.period.end

    def _command(self, transition: object) -> bool:
        due = caught_up(self.subscription, self.now)
        try:
            self._take(followed(due, transition(due.after)))  # type: ignore[operator]
        except BursarError:
            return False
        return True

    def _take(self, change: Change) -> None:
        assert (change.after == self.subscription) == (not change.facts)
        self.subscription = change.after
        self.facts += change.facts

    def _model_time(self) -> None:
        if self.ended_at is None and self.ends_at is not None and self.ends_at <= self.now:
            self.ended_at = self.ends_at

    def _model_period_end(self) -> datetime:
        """Trials are given; paid periods here are one month from 31 January or from the trial's end, in UTC."""
        if self.trial_end is not None and self.now < self.trial_end:
            return self.trial_end
        begin = self.trial_end or NOW
        year, month = (begin.year, begin.month + 1) if begin.month < 12 else (begin.year + 1, 1)
        day = begin.day
        while True:
            try:
                return begin.replace(year=year, month=month, day=day)
            except ValueError:
                day -= 1


Life.TestCase.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
TestLife = Life.TestCase
