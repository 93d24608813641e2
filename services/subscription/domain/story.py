"""What becomes of a subscription: steps, each with the facts that it makes true and what it bills."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.subscription.domain.billing import Billing
from services.subscription.domain.entry import BillingEntry
from services.subscription.domain.subscription import Subscription


class SubscriptionFact(StrEnum):
    """What can be told of a subscription, by the type of the fact."""

    CREATED = "subscription.created"
    ACTIVE = "subscription.active"
    UPDATED = "subscription.updated"
    CYCLED = "subscription.cycled"
    BILLED = "subscription.billed"
    TRIAL_END_ANNOUNCED = "subscription.trial_end_announced"
    RENEWAL_ANNOUNCED = "subscription.renewal_announced"
    CANCELED = "subscription.canceled"
    UNCANCELED = "subscription.uncanceled"
    PAST_DUE = "subscription.past_due"
    PAUSED = "subscription.paused"
    RESUMED = "subscription.resumed"
    REVOKED = "subscription.revoked"


@dataclass(frozen=True, slots=True)
class Change:
    """A subscription after one step, the facts that the step makes true in their order, and what it bills; no facts: nothing changed."""

    after: Subscription
    facts: tuple[SubscriptionFact, ...] = ()
    entries: tuple[BillingEntry, ...] = ()
    """Billing entries that are new, or are no longer as they were."""
    billing: Billing | None = None
    """Goes out with `subscription.cycled` or `subscription.billed`."""


Story = tuple[Change, ...]
"""The steps of one subscription in their order; the last one's `after` is how it is now."""


def told(
    after: Subscription,
    now: datetime,
    *facts: SubscriptionFact,
    entries: tuple[BillingEntry, ...] = (),
    billing: Billing | None = None,
) -> Change:
    """One step: each of its facts is a version of the subscription."""
    return Change(replace(after, version=after.version + len(facts), modified_at=now), facts, entries, billing)


def latest(before: Subscription, story: Story) -> Subscription:
    """How a subscription is after its story."""
    return story[-1].after if story else before
