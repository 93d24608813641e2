"""A subscription whose first payment needs the buyer: it waits, begins when its checkout succeeds, or expires with it.

Facts may come in any order. What is sold follows from the newest that was heard; a success outdoes them all, for what is paid is delivered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from services.subscription.domain.start import Purchase, sold
from services.subscription.domain.status import Status, after
from services.subscription.domain.story import Change, SubscriptionFact, told
from services.subscription.domain.subscription import Subscription

_F = SubscriptionFact


@dataclass(frozen=True, slots=True)
class FirstPayment:
    """A purchase whose payment, or card, waits for the buyer."""

    purchase: Purchase
    version: int
    """Of the checkout, when it told."""


def awaited(payment: FirstPayment, now: datetime) -> Change:
    """Incomplete, with nothing billed."""
    waiting = replace(sold(payment.purchase, now), first_payment_version=payment.version)
    return told(waiting, now, _F.CREATED, _F.UPDATED)


def awaited_again(before: Subscription, payment: FirstPayment, now: datetime) -> Change:
    """The buyer tried once more, perhaps something else; older news, and what has begun or was revoked, change nothing."""
    if not before.awaits_first_payment or payment.version <= (before.first_payment_version or 0):
        return Change(before)
    waiting = replace(_of_now(before, payment.purchase), status=after("await_payment", before.status))
    return told(replace(waiting, first_payment_version=payment.version), now, _F.UPDATED)


def begun(before: Subscription, purchase: Purchase, now: datetime) -> Change:
    """It is paid: active in its first period, or trialing, as if nobody had waited. What has begun or was revoked stays as it is."""
    if not before.awaits_first_payment:
        return Change(before)
    started = replace(_of_now(before, purchase), status=after(purchase.starting_verb, before.status))
    return told(started, now, _F.UPDATED, *(() if purchase.trial else (_F.ACTIVE,)))


def expired(before: Subscription, at: datetime, now: datetime) -> Change:
    """The first payment is not going to come. Of two reasons why not, the earlier dates it."""
    if not before.awaits_first_payment:
        return Change(before)
    ended_at = max(at, before.started_at)
    if before.status is Status.INCOMPLETE:
        return told(replace(before, status=after("expire", before.status), ended_at=ended_at), now, _F.UPDATED)
    if before.ended_at is None or before.ended_at <= ended_at:
        return Change(before)
    return told(replace(before, ended_at=ended_at), now, _F.UPDATED)


def _of_now(before: Subscription, purchase: Purchase) -> Subscription:
    return replace(sold(purchase, before.created_at), version=before.version)
