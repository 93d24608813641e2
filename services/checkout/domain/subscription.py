"""What the subscription service says of a subscription that a checkout is to upgrade."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from services.checkout.domain.errors import SubscriptionNotFound, SubscriptionNotFree


@dataclass(frozen=True, slots=True)
class StandingSubscription:
    """A subscription of the organization, as it stands."""

    id: UUID
    customer_id: UUID
    is_running: bool
    is_free: bool
    seats: int | None


@dataclass(frozen=True, slots=True)
class KnownSubscriptions:
    """What was asked before a checkout is confirmed."""

    billable: int
    """How many the customer has."""
    upgraded: StandingSubscription | None
    """The one that the checkout upgrades, if it does and there is such a one."""


def check_upgradable(subscription: StandingSubscription | None, customer_id: UUID | None) -> StandingSubscription:
    """SubscriptionNotFound unless it is this customer's (None: whoever's), SubscriptionNotFree unless it runs and costs nothing."""
    if subscription is None or customer_id not in (None, subscription.customer_id):
        raise SubscriptionNotFound
    if not (subscription.is_running and subscription.is_free):
        raise SubscriptionNotFree
    return subscription
