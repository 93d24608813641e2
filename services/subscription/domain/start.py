"""How a subscription comes to be, and how a free one goes on with another product that was bought for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from services.chassis.metadata import MetadataValue
from services.subscription.domain.cycle import Situation
from services.subscription.domain.discount import AppliedDiscount, attached
from services.subscription.domain.entry import dropped
from services.subscription.domain.periods import Period, period
from services.subscription.domain.status import ENDED, Status, after
from services.subscription.domain.story import Change, SubscriptionFact, told
from services.subscription.domain.subscription import Subscription, Terms

_F = SubscriptionFact


@dataclass(frozen=True, slots=True)
class Purchase:
    """A succeeded checkout of a recurring product. The checkout's order bills its first period."""

    subscription_id: UUID
    organization_id: UUID
    customer_id: UUID
    external_customer_id: str | None
    checkout_id: UUID | None
    terms: Terms
    """Without the discount."""
    started_at: datetime
    trial_end: datetime | None
    discount: AppliedDiscount | None = None
    upgrades_subscription: bool = False
    metadata: Mapping[str, MetadataValue] = field(default_factory=dict)
    """For a new one; what is upgraded keeps its own."""

    @property
    def trial(self) -> Period | None:
        """The time before its first paid period."""
        if self.trial_end is None or self.trial_end <= self.started_at:
            return None
        return Period(self.started_at, self.trial_end)

    @property
    def anchor(self) -> datetime:
        """Its periods are counted from the end of the trial."""
        return self.trial.end if self.trial else self.started_at

    @property
    def first_period(self) -> Period:
        """The first that is paid."""
        return period(self.anchor, self.terms.recurrence, 0)

    @property
    def starting_verb(self) -> str:
        """What becomes of it when it is paid, or needs no payment."""
        return "start_trial" if self.trial else "activate"

    def sold_terms(self) -> Terms:
        """With the discount; the first of its orders is the checkout's, unless that is a trial's of nothing."""
        if self.discount is None:
            return self.terms
        discount = attached(self.discount, self.anchor, self.terms.recurrence, 0)
        return replace(self.terms, discount=discount if self.trial else discount.billed())


def started(purchase: Purchase, now: datetime) -> Change:
    """Active in its first period, or trialing."""
    subscription = sold(purchase, now)
    status = after(purchase.starting_verb, subscription.status)
    facts = (_F.CREATED, _F.UPDATED) if purchase.trial else (_F.CREATED, _F.ACTIVE, _F.UPDATED)
    return told(replace(subscription, status=status), now, *facts)


def sold(purchase: Purchase, now: datetime) -> Subscription:
    """What is sold, in its first period or its trial, as long as nothing is paid."""
    trial, first = purchase.trial, purchase.first_period
    return Subscription(
        id=purchase.subscription_id,
        organization_id=purchase.organization_id,
        status=Status.INCOMPLETE,
        customer_id=purchase.customer_id,
        external_customer_id=purchase.external_customer_id,
        checkout_id=purchase.checkout_id,
        terms=purchase.sold_terms(),
        anchor=purchase.anchor,
        period_number=-1 if trial else 0,
        period=trial or first,
        trial=trial,
        period_discount=None if trial else purchase.discount,
        metadata=purchase.metadata,
        started_at=purchase.started_at,
        version=0,
        created_at=now,
        modified_at=now,
    )


def upgraded(before: Subscription, purchase: Purchase, situation: Situation) -> Change:
    """The same subscription with the product that was bought for it, counted from now on; what was to come of the free one is dropped.

    What has ended stays so, and a purchase that it has already is not made again.
    """
    if before.status in ENDED or before.checkout_id == purchase.checkout_id:
        return Change(before)
    trial, first = purchase.trial, purchase.first_period
    begun = replace(
        before,
        checkout_id=purchase.checkout_id,
        terms=purchase.sold_terms(),
        anchor=purchase.anchor,
        period_number=-1 if trial else 0,
        period=trial or first,
        trial=trial or before.trial,
        cancellation=None,
        pause=None,
        past_due_at=None,
        pending_update=None,
        charging_update=None,
        announced_end=None,
        period_discount=None if trial else purchase.discount,
    )
    begun = replace(begun, status=_upgraded_status(before.status, trial is not None))
    return told(begun, situation.now, _F.UPDATED, *_became(before, begun), _F.CYCLED, entries=dropped(situation.pending))


def _became(before: Subscription, begun: Subscription) -> Iterator[SubscriptionFact]:
    """What was to come of the free one, or what it was, and is no more."""
    if before.cancellation is not None:
        yield _F.UNCANCELED
    if before.status is Status.PAUSED:
        yield _F.RESUMED
    elif begun.status is Status.ACTIVE and before.status is not Status.ACTIVE:
        yield _F.ACTIVE


def _upgraded_status(status: Status, has_trial: bool) -> Status:
    verb = {Status.TRIALING: "activate", Status.PAUSED: "resume", Status.PAST_DUE: "recover", Status.UNPAID: "recover"}.get(status)
    active = after(verb, status) if verb else Status.ACTIVE
    return after("start_trial", active) if has_trial else active
