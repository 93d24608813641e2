"""A change that was charged before it holds: what follows when the charge is decided. Until then everything is as before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from services.subscription.domain.billing import Billing, BillingReason
from services.subscription.domain.cycle import Situation, begun_again
from services.subscription.domain.entry import LIFECYCLE, BillingEntry, EntryState
from services.subscription.domain.status import Status
from services.subscription.domain.story import Change, SubscriptionFact, told
from services.subscription.domain.subscription import ChargingUpdate, Subscription

_F = SubscriptionFact


def charge_of(before: Subscription, reserved: Sequence[BillingEntry]) -> tuple[Subscription, Billing]:
    """The order that its charging update waits for, made of the entries that are reserved for it, and how it is once that is paid."""
    update = before.charging_update
    assert update is not None
    holds = _holding(before, update)
    own = {entry_id: place for place, entry_id in enumerate(update.entry_ids)}
    entries = sorted(reserved, key=lambda entry: (own.get(entry.id, len(own)), entry.created_at, entry.id))
    reduced = any(not entry.proration for entry in entries)
    billing = Billing(
        order_id=update.order_id,
        reason=BillingReason.UPDATE,
        entries=tuple(entries),
        description=update.terms.product_name,
        discount=update.period_discount if reduced else None,
        void_on_failure=True,
    )
    return holds, billing


def charged(before: Subscription, reserved: Sequence[BillingEntry], situation: Situation) -> Change:
    """The order of its charging update, with these entries, is paid: the change holds."""
    update = before.charging_update
    assert update is not None
    facts = (_F.UPDATED,) if update.anchor is None else (_F.UPDATED, _F.CYCLED)
    return told(_holding(before, update), situation.now, *facts, entries=settled(reserved, is_paid=True))


def not_charged(before: Subscription, reserved: Sequence[BillingEntry], situation: Situation) -> Change:
    """The order is void: nothing has changed. What waited before goes on waiting; what came with the change is never billed."""
    update = before.charging_update
    assert update is not None
    own = frozenset(update.entry_ids)
    waiting = tuple(_again(entry, situation) for entry in reserved if entry.id not in own)
    return told(replace(before, charging_update=None), situation.now, _F.UPDATED, entries=(*settled(reserved, is_paid=False), *waiting))


def settled(entries: Sequence[BillingEntry], *, is_paid: bool) -> tuple[BillingEntry, ...]:
    """The reserved entries of an order that nothing waits for any more: billed, or never."""
    verb = "bill" if is_paid else "drop"
    return tuple(replace(entry, state=EntryState(LIFECYCLE.after(verb, entry.state))) for entry in entries)


def _holding(before: Subscription, update: ChargingUpdate) -> Subscription:
    assert before.status is not Status.TRIALING, "nothing is charged first in a trial"
    holds = replace(
        before,
        terms=update.terms,
        charging_update=None,
        pending_update=update.pending_update,
        period_discount=update.period_discount,
    )
    if update.anchor is None:
        return holds
    begun = begun_again(holds, update.anchor)
    if begun.cancellation is not None and begun.cancellation.at_period_end:
        begun = replace(begun, cancellation=replace(begun.cancellation, ends_at=begun.period.end))
    if begun.pending_update is not None:
        begun = replace(begun, pending_update=replace(begun.pending_update, applies_at=begun.period.end))
    return begun


def _again(entry: BillingEntry, situation: Situation) -> BillingEntry:
    """Another one for what is still owed: the entry itself stays a line of the void order, and no entry becomes two lines."""
    return replace(entry, id=situation.new_id(), state=EntryState.PENDING, order_id=None, charged_first=False)
