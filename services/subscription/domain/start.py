"""How a subscription comes to be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.subscription.domain.periods import Period, period
from services.subscription.domain.status import Status
from services.subscription.domain.subscription import Change, Subscription, SubscriptionFact, Terms


@dataclass(frozen=True, slots=True)
class Purchase:
    """A succeeded checkout of a recurring product."""

    subscription_id: UUID
    organization_id: UUID
    customer_id: UUID
    external_customer_id: str | None
    checkout_id: UUID
    terms: Terms
    started_at: datetime
    trial_end: datetime | None


def started(purchase: Purchase, now: datetime) -> Change:
    """Active in its first period, or trialing: then its periods are counted from the end of the trial."""
    trial = Period(purchase.started_at, purchase.trial_end) if purchase.trial_end and purchase.trial_end > purchase.started_at else None
    anchor = trial.end if trial else purchase.started_at
    first = period(anchor, purchase.terms.recurrence, 0)
    facts = (
        SubscriptionFact.CREATED,
        *(() if trial else (SubscriptionFact.ACTIVE,)),
        SubscriptionFact.UPDATED,
    )
    subscription = Subscription(
        id=purchase.subscription_id,
        organization_id=purchase.organization_id,
        status=Status.TRIALING if trial else Status.ACTIVE,
        customer_id=purchase.customer_id,
        external_customer_id=purchase.external_customer_id,
        checkout_id=purchase.checkout_id,
        terms=purchase.terms,
        anchor=anchor,
        period=trial or first,
        trial=trial,
        started_at=purchase.started_at,
        version=len(facts),
        created_at=now,
        modified_at=now,
    )
    return Change(subscription, facts)
