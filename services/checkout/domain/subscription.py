"""What the subscription service says of a subscription that a checkout is to upgrade."""

from __future__ import annotations

from collections.abc import Sequence
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
    checkout_id: UUID | None = None
    """Of the latest purchase that is in it: the one that started it, or upgraded it."""
    has_begun: bool = True
    """Its first payment came, or none was needed."""


@dataclass(frozen=True, slots=True)
class SubscriptionPurchase:
    """A checkout that sold a subscription, or is being paid."""

    checkout_id: UUID
    subscription_id: UUID
    is_paid: bool


@dataclass(frozen=True, slots=True)
class KnownSubscriptions:
    """What was asked before a checkout is confirmed."""

    started: frozenset[UUID]
    """Of those that the customer has bought: what had begun when the subscription service was asked. It was asked before all else."""
    billable: int
    """How many the customer has."""
    upgraded: StandingSubscription | None
    """The one that the checkout upgrades, if it does and there is such a one."""


def is_subscribing(purchases: Sequence[SubscriptionPurchase], known: KnownSubscriptions) -> bool:
    """Whether one of a customer's purchases is no subscription yet that could have been counted."""
    return any(not (each.is_paid and each.subscription_id in known.started) for each in purchases)


def is_upgrading(purchases: Sequence[SubscriptionPurchase], upgraded: StandingSubscription | None) -> bool:
    """Whether the latest of a subscription's purchases, newest first, is not in it yet."""
    return bool(purchases) and not (purchases[0].is_paid and upgraded is not None and purchases[0].checkout_id == upgraded.checkout_id)


def check_upgradable(subscription: StandingSubscription | None, customer_id: UUID | None) -> StandingSubscription:
    """SubscriptionNotFound unless it is this customer's (None: whoever's), SubscriptionNotFree unless it runs and costs nothing."""
    if subscription is None or customer_id not in (None, subscription.customer_id):
        raise SubscriptionNotFound
    if not (subscription.is_running and subscription.is_free):
        raise SubscriptionNotFree
    return subscription
