"""Why a subscription does not change as asked."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.chassis.errors import AlreadyExists, Invalid, NotFound, NotPossibleNow


class SubscriptionPaused(NotPossibleNow):
    """It rests."""

    def __init__(self) -> None:
        super().__init__("SUBSCRIPTION_PAUSED", "the subscription is paused; resume it first")


class SubscriptionUnpaid(NotPossibleNow):
    """Its renewal was given up."""

    def __init__(self) -> None:
        super().__init__("SUBSCRIPTION_UNPAID", "the subscription waits for the payment of a renewal")


class SubscriptionNotTrialing(NotPossibleNow):
    """There is no trial to end."""

    def __init__(self, status: str) -> None:
        super().__init__("SUBSCRIPTION_NOT_TRIALING", f"the subscription is {status}, not trialing", details={"status": status})


class ChangeUnderWay(NotPossibleNow):
    """One change waits for its charge."""

    def __init__(self) -> None:
        super().__init__("CHANGE_UNDER_WAY", "another change of the subscription waits for its payment", retry_after_seconds=1.0)


class NoPendingUpdate(NotPossibleNow):
    """No change waits for the next period."""

    def __init__(self) -> None:
        super().__init__("NO_PENDING_UPDATE", "no change waits for the next period")


class ProductNotFound(NotFound):
    """No such product, or another organization's."""

    def __init__(self, product_id: UUID) -> None:
        super().__init__("PRODUCT_NOT_FOUND", f"there is no product {product_id}")


class ProductArchived(NotPossibleNow):
    """It is not sold any more."""

    def __init__(self) -> None:
        super().__init__("PRODUCT_ARCHIVED", "the product is archived")


class ProductNotRecurring(NotPossibleNow):
    """It is sold once."""

    def __init__(self) -> None:
        super().__init__("PRODUCT_NOT_RECURRING", "the product is sold once; a subscription needs one that recurs")


class ProductNotFree(NotPossibleNow):
    """It has to be bought."""

    def __init__(self) -> None:
        super().__init__("PRODUCT_NOT_FREE", "the product costs money; a checkout sells it")


class AlreadySubscribed(AlreadyExists):
    """The organization allows one billable subscription a customer."""

    def __init__(self) -> None:
        super().__init__("ALREADY_SUBSCRIBED", "the customer has a subscription already")


class CurrencyNotOffered(NotPossibleNow):
    """It has no price in the currency of the subscription."""

    def __init__(self, currency: str) -> None:
        super().__init__("CURRENCY_NOT_OFFERED", f"the product has no price in {currency}", details={"currency": currency})


class CustomPriceNotAllowed(NotPossibleNow):
    """Nobody is there to choose an amount."""

    def __init__(self) -> None:
        super().__init__("CUSTOM_PRICE_NOT_ALLOWED", "the buyer chooses what the product costs; a checkout sells it")


class SeatsNeeded(Invalid):
    """A product by seats for a subscription that has none."""

    def __init__(self) -> None:
        super().__init__("SEATS_NEEDED", "the product is sold by seats; say how many", field="change.product.seats")


class UnitsNeeded(Invalid):
    """A product by units for a subscription that has none."""

    def __init__(self) -> None:
        super().__init__("UNITS_NEEDED", "the product is sold by units; say how many", field="change.product.units")


class NotUnitBased(NotPossibleNow):
    """It counts no units."""

    def __init__(self) -> None:
        super().__init__("NOT_UNIT_BASED", "it is not sold by units")


class SeatsBelowAssigned(NotPossibleNow):
    """More people have a seat than there would be."""

    def __init__(self, assigned: int) -> None:
        super().__init__(
            "SEATS_BELOW_ASSIGNED", f"{assigned} seats are assigned; revoke some first", details={"assigned_seats": str(assigned)}
        )


class TrialEndInPast(Invalid):
    """A trial ends in the future, or now."""

    def __init__(self, now: datetime) -> None:
        super().__init__("TRIAL_END_IN_PAST", f"the trial must end after {now.isoformat()}", field="change.trial_end.at")


class TrialNotPossible(NotPossibleNow):
    """A renewal is owed: what was used already is paid first."""

    def __init__(self, status: str) -> None:
        message = (
            f"the subscription is {status.replace('_', ' ')}; it gets a trial only while it is active, or another end of one while trialing"
        )
        super().__init__("SUBSCRIPTION_STATUS_WRONG", message, details={"status": status, "verb": "start_trial"})


class PeriodEndInPast(Invalid):
    """A period ends in the future."""

    def __init__(self, now: datetime) -> None:
        super().__init__("PERIOD_END_IN_PAST", f"the period must end after {now.isoformat()}", field="change.current_period_end")


class ProrationNotApplicable(Invalid):
    """Nothing is prorated by such a change."""

    def __init__(self, why: str) -> None:
        super().__init__("PRORATION_NOT_APPLICABLE", why, field="proration_behavior")


class PaymentFailed(NotPossibleNow):
    """The charge on which a change depended failed."""

    def __init__(self, code: str = "", decline_code: str = "") -> None:
        details = {name: value for name, value in (("code", code), ("decline_code", decline_code)) if value}
        super().__init__("PAYMENT_FAILED", "the payment failed; nothing has changed", details=details)
