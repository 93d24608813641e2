"""What can be wrong about subscriptions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.chassis.errors import Invalid, NotFound, NotPossibleNow


class SubscriptionNotFound(NotFound):
    """No such subscription, or another organization's."""

    def __init__(self, subscription_id: UUID) -> None:
        super().__init__("SUBSCRIPTION_NOT_FOUND", f"there is no subscription {subscription_id}")


class SubscriptionEnded(NotPossibleNow):
    """What ended stays ended."""

    def __init__(self) -> None:
        super().__init__("SUBSCRIPTION_ENDED", "the subscription has ended")


class SubscriptionIncomplete(NotPossibleNow):
    """Nothing can be done with it before its first payment."""

    def __init__(self) -> None:
        message = "the subscription is incomplete: its first payment still needs the buyer"
        super().__init__("SUBSCRIPTION_STATUS_WRONG", message, details={"status": "incomplete"})


class SubscriptionNotCanceled(NotPossibleNow):
    """There is no cancellation to take back."""

    def __init__(self) -> None:
        super().__init__("SUBSCRIPTION_NOT_CANCELED", "the subscription is not canceled")


class SubscriptionCanceled(NotPossibleNow):
    """It is on the way to its end."""

    def __init__(self) -> None:
        super().__init__("SUBSCRIPTION_CANCELED", "the subscription is canceled and ends with its period; take that back first")


class SubscriptionNotActive(NotPossibleNow):
    """Only active subscriptions can do this."""

    def __init__(self, status: str) -> None:
        super().__init__("SUBSCRIPTION_NOT_ACTIVE", f"the subscription is {status}, not active", details={"status": status})


class SubscriptionNotPaused(NotPossibleNow):
    """It does not rest."""

    def __init__(self, status: str) -> None:
        super().__init__("SUBSCRIPTION_NOT_PAUSED", f"the subscription is {status}, not paused", details={"status": status})


class PauseNotScheduled(NotPossibleNow):
    """There is no pause to take back."""

    def __init__(self) -> None:
        super().__init__("PAUSE_NOT_SCHEDULED", "no pause is going to begin; a subscription that rests is resumed")


class ResumesAtTooEarly(Invalid):
    """A pause ends after it begins."""

    def __init__(self, period_end: datetime) -> None:
        super().__init__("RESUMES_AT_TOO_EARLY", f"resumes_at must be after the pause begins, {period_end.isoformat()}", field="resumes_at")


class TooFarAhead(Invalid):
    """Nothing is planned for so long."""

    def __init__(self, field: str, years: int) -> None:
        super().__init__("FIELD_INVALID", f"at most {years} years from now", field=field)


class PeriodBilled(NotPossibleNow):
    """Time does not bill a price twice for a period."""

    def __init__(self) -> None:
        super().__init__("PERIOD_BILLED", "a period that begins at that instant is billed already")
