"""Any changes at any times, paid or not: every entry is billed once or never, previews come true, failures leave no trace."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.chassis.errors import BursarError
from services.chassis.ids import new_id
from services.subscription.domain.billing import Billing
from services.subscription.domain.change_decision import Decision, Rules, changed
from services.subscription.domain.change_shapes import ProductChange, SeatsChange, UnitsChange, Wish
from services.subscription.domain.charging import charge_of, charged, not_charged
from services.subscription.domain.cycle import Situation, caught_up
from services.subscription.domain.entry import BillingEntry, EntryState
from services.subscription.domain.periods import Interval
from services.subscription.domain.preview import Preview, previewed_change, previewed_charge
from services.subscription.domain.start import Purchase, started
from services.subscription.domain.story import Change, SubscriptionFact
from services.subscription.domain.subscription import Subscription
from services.subscription.tests.builders import NOW
from services.subscription.tests.domain.change_strategies import AMOUNTS, RECURRENCES, RULES, WISHES, like, purchases

_S = EntryState


class Changing(RuleBasedStateMachine):
    """The subscription with its entries as the database would hold them."""

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = NOW
        self.entries: dict[UUID, BillingEntry] = {}
        self.orders: dict[UUID, tuple[UUID, ...]] = {}
        self.facts = 0
        self.uncharged: tuple[Subscription, dict[UUID, BillingEntry]] | None = None

    @initialize(purchase=purchases())
    def start(self, purchase: Purchase) -> None:
        change = started(purchase, NOW)
        self.subscription, self.facts = change.after, len(change.facts)

    @precondition(lambda self: self.subscription.charging_update is None)
    @rule(hours=st.integers(0, 24 * 16))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        for step in caught_up(self.subscription, self._situation()):
            self._take(step)

    @precondition(lambda self: self.subscription.charging_update is None)
    @rule(count=st.integers(1, 12), rules=RULES)
    def somebody_wants_another_count(self, count: int, rules: Rules) -> None:
        self.somebody_wishes(UnitsChange(count) if self.subscription.terms.units else SeatsChange(count), rules)

    @precondition(lambda self: self.subscription.charging_update is None)
    @rule(rates=st.lists(AMOUNTS, min_size=2, max_size=2), rules=RULES, recurrence=RECURRENCES)
    def somebody_wants_a_product_of_the_kind(self, rates: list[int], rules: Rules, recurrence: tuple[Interval, int]) -> None:
        self.somebody_wishes(ProductChange(like(self.subscription.terms, rates, recurrence)), rules)

    @precondition(lambda self: self.subscription.charging_update is None)
    @rule(wish=WISHES, rules=RULES)
    def somebody_wishes(self, wish: Wish, rules: Rules) -> None:
        before, entries = self.subscription, dict(self.entries)
        try:
            decision = changed(before, wish, rules, self._situation())
        except BursarError:
            return
        shown = previewed_change(changed(before, wish, rules, self._situation()), self._situation())
        self._take(decision.change)
        if decision.charge is not None:
            self.uncharged = before, entries
            self.shown = shown
        self._agrees(shown, decision)

    @precondition(lambda self: self.subscription.charging_update is not None)
    @rule()
    def it_is_paid(self) -> None:
        assert self.subscription.charging_update is not None
        order_id = self.subscription.charging_update.order_id
        self._take(charged(self.subscription, self._reserved(), self._situation()))
        self.orders[order_id] = tuple(each.id for each in self.entries.values() if each.order_id == order_id)
        assert _plain(self.subscription) == _plain(self.shown.subscription)

    @precondition(lambda self: self.subscription.charging_update is not None)
    @rule()
    def it_is_declined(self) -> None:
        assert self.uncharged is not None
        before, entries = self.uncharged
        self._take(not_charged(self.subscription, self._reserved(), self._situation()))
        assert _plain(self.subscription) == _plain(before)
        assert _waiting(self.entries) == _waiting(entries)
        assert {each.id for each in self.entries.values() if each.state is _S.BILLED} == {
            each.id for each in entries.values() if each.state is _S.BILLED
        }

    @precondition(lambda self: self.subscription.charging_update is None and not self._situation().pending)
    @rule()
    def the_renewal_is_what_was_shown(self) -> None:
        shown = previewed_charge(self.subscription, self._situation())
        if shown.billed_at is None or shown.billing is None:
            return
        self.now = max(self.now, shown.billed_at)
        steps = caught_up(self.subscription, replace(self._situation(), now=shown.billed_at))
        billings = [step.billing for step in steps if step.billing is not None]
        assert _lines(billings[0]) == _lines(shown.billing)
        for step in steps:
            self._take(step)

    @invariant()
    def every_entry_is_billed_once_or_never(self) -> None:
        billed = [entry_id for order in self.orders.values() for entry_id in order]
        assert len(billed) == len(set(billed))
        assert {each.id for each in self.entries.values() if each.state is _S.BILLED} == set(billed)
        cycles = [
            (each.period.start, each.price_id) for each in self.entries.values() if each.type == "cycle" and each.state is not _S.DROPPED
        ]
        assert len(cycles) == len(set(cycles))

    @invariant()
    def what_waits_for_a_charge_is_all_that_is_reserved(self) -> None:
        if not hasattr(self, "subscription"):
            return
        update = self.subscription.charging_update
        reserved = {each.order_id for each in self.entries.values() if each.state is _S.CHARGING}
        assert reserved == ({update.order_id} if update else set())
        assert (self.subscription.due_at is None) == (update is not None)
        assert self.subscription.version == self.facts

    def _agrees(self, shown: Preview, decision: Decision) -> None:
        """What was shown is what the change bills: now, or with the next order."""
        if decision.charge is not None:
            holds, billing = charge_of(self.subscription, list(reversed(self._reserved())))
            assert shown.billing is not None
            assert _lines(shown.billing) == _lines(billing) == _lines(decision.charge)
            assert shown.billing.discount == billing.discount == decision.charge.discount
            assert _plain(holds) == _plain(shown.subscription)
        elif decision.change.entries:
            assert shown.billing is not None
            assert _lines(shown.billing) == [_line(entry) for entry in decision.change.entries]

    def _situation(self) -> Situation:
        pending = tuple(each for each in self.entries.values() if each.state is _S.PENDING)
        return Situation(self.now, new_id, pending)

    def _reserved(self) -> list[BillingEntry]:
        assert self.subscription.charging_update is not None
        return [each for each in self.entries.values() if each.order_id == self.subscription.charging_update.order_id]

    def _take(self, change: Change) -> None:
        assert (change.after == self.subscription) == (not change.facts)
        assert not change.facts or change.facts[0] is not SubscriptionFact.CREATED
        self.subscription = change.after
        self.facts += len(change.facts)
        self.entries |= {entry.id: entry for entry in change.entries}
        if change.billing is not None:
            assert change.billing.order_id not in self.orders
            self.orders[change.billing.order_id] = tuple(entry.id for entry in change.billing.entries)


def _waiting(entries: dict[UUID, BillingEntry]) -> list[tuple[object, ...]]:
    """What is owed; under which ids does not matter, for those of a void order are not used again."""
    return sorted((_line(each) for each in entries.values() if each.state is _S.PENDING), key=repr)


def _lines(billing: Billing) -> list[tuple[object, ...]]:
    return [_line(entry) for entry in billing.entries]


def _line(entry: BillingEntry) -> tuple[object, ...]:
    return entry.type, entry.amount, entry.price_id, entry.quantity, entry.proration, entry.period, entry.description


def _plain(subscription: Subscription) -> Subscription:
    """Without what counts and dates its facts."""
    return replace(subscription, version=0, modified_at=NOW)


Changing.TestCase.settings = settings(max_examples=40, stateful_step_count=15, deadline=None)
TestChanging = Changing.TestCase
