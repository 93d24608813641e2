"""Values for tests; every argument has a good default."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from bursar.checkout.v1.checkout_events_pb2 import (
    CheckoutExpired,
    CheckoutPaymentActionRequired,
    CheckoutSucceeded,
    CustomerDeleted,
    OrderDunningExhausted,
    OrderPaid,
    OrderPaymentFailed,
    OrderVoided,
)
from bursar.checkout.v1.product_pb2 import FixedPrice, ProductPrice
from bursar.types.v1.intervals_pb2 import RECURRING_INTERVAL_MONTH
from bursar.types.v1.tax_pb2 import TAX_BEHAVIOR_EXCLUSIVE
from google.protobuf.timestamp_pb2 import Timestamp

from services.chassis.event import Event
from services.chassis.ids import new_id
from services.pricing.price import FixedPrice as FixedAmount
from services.pricing.price import PriceAmount, SeatBasedPrice
from services.pricing.reduction import Percentage, Reduction
from services.pricing.tiers import Tier, TierType
from services.subscription.domain.billing import Billing
from services.subscription.domain.cycle import Situation
from services.subscription.domain.discount import AppliedDiscount, DiscountDuration
from services.subscription.domain.entry import BillingEntry, EntryState, EntryType
from services.subscription.domain.periods import Interval, Recurrence
from services.subscription.domain.price import Price
from services.subscription.domain.start import Purchase, started
from services.subscription.domain.story import Story
from services.subscription.domain.subscription import Subscription, Terms

NOW = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
ORGANIZATION = UUID("01a1fced-c5fe-76fa-b293-59d112d68fca")
MONTHLY = Recurrence(Interval.MONTH, 1, "UTC")


def price(amount: PriceAmount | int = 1900, **fields: Any) -> Price:
    values: dict[str, Any] = {
        "id": new_id(),
        "product_id": new_id(),
        "currency": "eur",
        "amount": FixedAmount(amount) if isinstance(amount, int) else amount,
        "tax_behavior": "exclusive",
        "created_at": NOW,
        **fields,
    }
    return Price(**values)


def by_seats(*rates: tuple[int | None, int], graduated: bool = False, **fields: Any) -> Price:
    """A price by seats; each rate is (up to, minor units)."""
    tiers = tuple(Tier(bound, amount) for bound, amount in rates)
    return price(SeatBasedPrice(tiers, TierType.GRADUATED if graduated else TierType.VOLUME), **fields)


def terms(amount: int = 1900, **fields: Any) -> Terms:
    values: dict[str, Any] = {
        "product_id": new_id(),
        "product_name": "Pro",
        "currency": "eur",
        "recurrence": MONTHLY,
        "prices": (price(amount),),
        "tax_behavior": "exclusive",
        **fields,
    }
    return Terms(**values)


def discount(duration: str = "forever", months: int | None = None, reduction: Reduction = Percentage(2000)) -> AppliedDiscount:
    return AppliedDiscount(new_id(), reduction, DiscountDuration(duration), months)


def entry(subscription: Subscription, amount: int = -500, **fields: Any) -> BillingEntry:
    """A proration that waits for the next order."""
    values: dict[str, Any] = {
        "id": new_id(),
        "organization_id": subscription.organization_id,
        "subscription_id": subscription.id,
        "type": EntryType.PRORATION,
        "state": EntryState.PENDING,
        "order_id": None,
        "product_id": subscription.terms.product_id,
        "price_id": None,
        "label": "Credit",
        "description": "Credit",
        "amount": amount,
        "currency": subscription.terms.currency,
        "quantity": None,
        "proration": True,
        "period": subscription.period,
        "created_at": NOW,
        **fields,
    }
    return BillingEntry(**values)


def at(now: datetime = NOW, pending: Sequence[BillingEntry] = (), *, lost_product_id: UUID | None = None) -> Situation:
    """What a decision at that time depends on."""
    return Situation(now, new_id, tuple(pending), lost_product_id)


def billed_in(story: Story) -> list[Billing]:
    """The orders-to-be of a story."""
    return [step.billing for step in story if step.billing is not None]


def purchase(trial_days: int = 0, **fields: Any) -> Purchase:
    values: dict[str, Any] = {
        "subscription_id": new_id(),
        "organization_id": ORGANIZATION,
        "customer_id": new_id(),
        "external_customer_id": None,
        "checkout_id": new_id(),
        "terms": terms(),
        "started_at": NOW,
        "trial_end": NOW + timedelta(days=trial_days) if trial_days else None,
        **fields,
    }
    return Purchase(**values)


def a_subscription(trial_days: int = 0, now: datetime = NOW, **fields: Any) -> Subscription:
    return started(purchase(trial_days, **fields), now).after


def timestamp(instant: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(instant)
    return message


def checkout_succeeded(trial_days: int = 0, **fields: Any) -> CheckoutSucceeded:
    product_id = str(new_id())
    price = ProductPrice(id=str(new_id()), product_id=product_id, price_currency="eur", fixed=FixedPrice(price_amount=1900))
    price.created_at.CopyFrom(timestamp(NOW))
    values: dict[str, Any] = {
        "checkout_id": str(new_id()),
        "order_id": str(new_id()),
        "customer_id": str(new_id()),
        "product_id": product_id,
        "product_name": "Pro",
        "subscription_id": str(new_id()),
        "recurring_interval": RECURRING_INTERVAL_MONTH,
        "recurring_interval_count": 1,
        "time_zone": "Europe/Berlin",
        "currency": "eur",
        "amount": 1900,
        "prices": [price],
        "tax_behavior": TAX_BEHAVIOR_EXCLUSIVE,
        "started_at": timestamp(NOW),
        "trial_end": timestamp(NOW + timedelta(days=trial_days)) if trial_days else None,
        **fields,
    }
    return CheckoutSucceeded(**values)


_TYPES: dict[type[Any], tuple[str, str]] = {
    CheckoutSucceeded: ("checkout.succeeded", "checkout_id"),
    CheckoutExpired: ("checkout.expired", "checkout_id"),
    CustomerDeleted: ("customer.deleted", "customer_id"),
    OrderPaid: ("order.paid", "order_id"),
    OrderPaymentFailed: ("order.payment_failed", "order_id"),
    OrderDunningExhausted: ("order.dunning_exhausted", "order_id"),
    OrderVoided: ("order.voided", "order_id"),
}


def event_of(message: Any, *, organization_id: UUID = ORGANIZATION, at: datetime = NOW, version: int = 3) -> Event[Any]:
    """The message as its readers get it."""
    if isinstance(message, CheckoutPaymentActionRequired):
        name, told_of = "checkout.payment_action_required", message.checkout.checkout_id
    else:
        name, subject = _TYPES[type(message)]
        told_of = getattr(message, subject)
    return Event(
        id=new_id(),
        type=name,
        organization_id=organization_id,
        subject_id=UUID(told_of),
        version=version,
        occurred_at=at,
        message=message,
    )
