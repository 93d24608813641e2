"""What can be wrong about subscriptions."""

from __future__ import annotations

from uuid import UUID

from services.chassis.errors import NotFound, NotPossibleNow


class SubscriptionNotFound(NotFound):
    """No such subscription, or another organization's."""

    def __init__(self, subscription_id: UUID) -> None:
        super().__init__("SUBSCRIPTION_NOT_FOUND", f"there is no subscription {subscription_id}")


class SubscriptionEnded(NotPossibleNow):
    """What ended stays ended."""

    def __init__(self) -> None:
        super().__init__("SUBSCRIPTION_ENDED", "the subscription has ended")


class SubscriptionNotCanceled(NotPossibleNow):
    """There is no cancellation to take back."""

    def __init__(self) -> None:
        super().__init__("SUBSCRIPTION_NOT_CANCELED", "the subscription is not canceled")
