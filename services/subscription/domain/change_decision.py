"""What a wish makes of a subscription: it holds at once, waits for the next period, or is charged before it holds.

`changed` and the previews are this one function, so a preview shows the very lines that the change bills.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from services.subscription.domain.billing import Billing, BillingReason, bill, discount_billed
from services.subscription.domain.change_entries import credit_entries, debit_discount, debit_entries, quantity_entries
from services.subscription.domain.change_errors import (
    ChangeUnderWay,
    ProrationNotApplicable,
    SubscriptionPaused,
    SubscriptionUnpaid,
)
from services.subscription.domain.change_plain import discount_changed, period_end_changed, product_changed_in_trial, trial_end_changed
from services.subscription.domain.change_shapes import (
    DiscountChange,
    PeriodEndChange,
    ProrationBehavior,
    ProrationDefaults,
    SoldChange,
    TrialEndChange,
    Wish,
)
from services.subscription.domain.change_target import check_billable, scheduled_update, still_pending, update_of
from services.subscription.domain.cycle import Situation, begun_again, cycle_entries, without_used_discount
from services.subscription.domain.entry import BillingEntry
from services.subscription.domain.errors import SubscriptionCanceled, SubscriptionEnded, SubscriptionIncomplete
from services.subscription.domain.pending import updated_terms
from services.subscription.domain.status import ENDED, Status
from services.subscription.domain.story import Change, SubscriptionFact, told
from services.subscription.domain.subscription import ChargingUpdate, PendingUpdate, Subscription, Terms

_F = SubscriptionFact
_B = ProrationBehavior


@dataclass(frozen=True, slots=True)
class Decision:
    """A change, and how it is billed."""

    change: Change
    """Without facts: nothing is different."""
    charge: Billing | None = None
    """The order on which the change waits; only when it is paid the change holds."""
    behavior: ProrationBehavior | None = None
    """What applies; None where nothing is prorated."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides beside the subscription and the wish."""

    defaults: ProrationDefaults
    behavior: ProrationBehavior | None = None
    """What the call says."""
    assigned_seats: int = 0


def changed(before: Subscription, wish: Wish, rules: Rules, situation: Situation) -> Decision:
    """What becomes of a subscription, up to date, by a wish; it raises the reason why nothing does."""
    check_changeable(before)
    if isinstance(wish, DiscountChange | TrialEndChange | PeriodEndChange):
        if rules.behavior is not None:
            raise ProrationNotApplicable("only changes of product, seats and units are prorated")
        match wish:
            case DiscountChange():
                return Decision(discount_changed(before, wish.applied, situation))
            case TrialEndChange():
                return Decision(trial_end_changed(before, wish.at, situation))
            case PeriodEndChange():
                return Decision(period_end_changed(before, wish.at, situation))
    return _sold_change(before, wish, rules, situation)


def check_changeable(before: Subscription) -> None:
    """SubscriptionEnded, SubscriptionIncomplete, SubscriptionPaused, SubscriptionUnpaid, SubscriptionCanceled, ChangeUnderWay."""
    if before.status in ENDED:
        raise SubscriptionEnded
    if before.status is Status.INCOMPLETE:
        raise SubscriptionIncomplete
    if before.status is Status.PAUSED:
        raise SubscriptionPaused
    if before.status is Status.UNPAID:
        raise SubscriptionUnpaid
    if before.cancellation is not None:
        raise SubscriptionCanceled
    if before.charging_update is not None:
        raise ChangeUnderWay


def _sold_change(before: Subscription, wish: SoldChange, rules: Rules, situation: Situation) -> Decision:
    if rules.behavior is _B.NEXT_PERIOD:
        return _scheduled(before, wish, rules, situation)
    update = update_of(before, wish, rules.assigned_seats, situation.now)
    terms = updated_terms(before.terms, update)
    behavior = _behavior(before, terms, rules)
    if behavior is _B.NEXT_PERIOD and terms != before.terms:
        return _scheduled(before, wish, rules, situation)
    pending = still_pending(before, update)
    for each in (terms, updated_terms(terms, pending) if pending else terms):
        check_billable(each, wish)
    if terms == before.terms:
        return Decision(_with_pending(before, pending, situation), behavior=behavior)
    if before.status is Status.TRIALING:
        return Decision(product_changed_in_trial(replace(before, pending_update=pending), terms, wish, situation))
    if behavior is _B.RESET:
        return _reset(before, terms, pending, situation)
    return _prorated(before, terms, update, pending, behavior, situation)


def _behavior(before: Subscription, terms: Terms, rules: Rules) -> ProrationBehavior:
    """What applies. An upgrade costs more for a full period after than before, each per its own interval, before discount; all else is a
    downgrade. In a trial nothing is prorated, so only a call can put a change off. Another interval always begins a new period."""
    if before.status is Status.TRIALING:
        return _B.PRORATE
    defaults = rules.defaults
    behavior = rules.behavior or (defaults.upgrade if terms.amount > before.terms.amount else defaults.downgrade)
    if behavior is not _B.NEXT_PERIOD and terms.recurrence != before.terms.recurrence:
        return _B.RESET
    return behavior


def _scheduled(before: Subscription, wish: SoldChange, rules: Rules, situation: Situation) -> Decision:
    """It waits for the next period, instead of what waited there; asking for what is so anyway takes that back."""
    update = scheduled_update(before, wish, rules.assigned_seats, situation.now)
    terms = updated_terms(before.terms, update)
    check_billable(terms, wish)
    pending = None if terms == before.terms else update
    return Decision(_with_pending(before, pending, situation), behavior=_B.NEXT_PERIOD)


def _with_pending(before: Subscription, pending: PendingUpdate | None, situation: Situation) -> Change:
    known = before.pending_update
    if pending == known or (pending is not None and known is not None and replace(pending, created_at=known.created_at) == known):
        return Change(before)
    return told(replace(before, pending_update=pending), situation.now, _F.UPDATED)


def _prorated(
    before: Subscription,
    terms: Terms,
    update: PendingUpdate,
    pending: PendingUpdate | None,
    behavior: ProrationBehavior,
    situation: Situation,
) -> Decision:
    """In the same period: the difference for its rest waits for the next order, or is an order now."""
    holds = replace(before, terms=terms, pending_update=pending)
    if update.product is None:
        own = quantity_entries(before, terms, situation)
    else:
        holds = replace(holds, period_discount=debit_discount(before, terms))
        own = (*credit_entries(before, situation), *debit_entries(holds, situation))
    if behavior is _B.PRORATE or not own:
        return Decision(told(holds, situation.now, _F.UPDATED, entries=own), behavior=behavior)
    billing = bill(holds, (*own, *situation.pending), BillingReason.UPDATE, situation.new_id(), charge_first=True)
    return _charged_first(before, holds, own, billing, behavior, situation)


def _reset(before: Subscription, terms: Terms, pending: PendingUpdate | None, situation: Situation) -> Decision:
    """A new period from now on at the full price, less what is left of the old one. One that began at this very instant is billed already:
    it becomes another, as any period does of which all is left."""
    begun = begun_again(replace(before, terms=terms, pending_update=pending), situation.now)
    is_billed = before.period.start == situation.now
    if is_billed:
        begun = replace(begun, period_discount=debit_discount(before, terms))
        own = (*credit_entries(before, situation), *debit_entries(begun, situation))
    else:
        begun = without_used_discount(begun)
        own = (*credit_entries(before, situation), *cycle_entries(begun, situation))
    if not own:
        return Decision(told(begun, situation.now, _F.UPDATED, _F.CYCLED), behavior=_B.RESET)
    billing = bill(begun, (*own, *situation.pending), BillingReason.UPDATE, situation.new_id(), charge_first=True)
    begun = begun if is_billed else discount_billed(begun, billing)
    return _charged_first(before, begun, own, billing, _B.RESET, situation)


def _charged_first(
    before: Subscription,
    holds: Subscription,
    own: tuple[BillingEntry, ...],
    billing: Billing,
    behavior: ProrationBehavior,
    situation: Situation,
) -> Decision:
    update = ChargingUpdate(
        order_id=billing.order_id,
        created_at=situation.now,
        terms=holds.terms,
        anchor=holds.anchor if behavior is _B.RESET else None,
        pending_update=holds.pending_update,
        entry_ids=tuple(entry.id for entry in own),
        period_discount=holds.period_discount,
    )
    waiting = replace(before, charging_update=update)
    return Decision(told(waiting, situation.now, _F.UPDATED, entries=billing.entries), billing, behavior)
