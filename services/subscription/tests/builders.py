"""Values for tests; every argument has a good default."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from bursar.checkout.v1.checkout_events_pb2 import CheckoutSucceeded, CustomerDeleted
from bursar.checkout.v1.product_pb2 import FixedPrice, ProductPrice
from bursar.types.v1.intervals_pb2 import RECURRING_INTERVAL_MONTH
from bursar.types.v1.tax_pb2 import TAX_BEHAVIOR_EXCLUSIVE
from google.protobuf.timestamp_pb2 import Timestamp

from services.chassis.event import Event
from services.chassis.ids import new_id
from services.subscription.domain.periods import Interval, Recurrence
from services.subscription.domain.start import Purchase, started
from services.subscription.domain.subscription import Subscription, Terms

NOW = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
ORGANIZATION = UUID("01a1fced-c5fe-76fa-b293-59d112d68fca")
MONTHLY = Recurrence(Interval.MONTH, 1, "UTC")


def terms(**fields: Any) -> Terms:
    values: dict[str, Any] = {
        "product_id": new_id(),
        "currency": "eur",
        "amount": 1900,
        "recurrence": MONTHLY,
        "prices": (),
        "tax_behavior": "exclusive",
        **fields,
    }
    return Terms(**values)


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
    values: dict[str, Any] = {
        "checkout_id": str(new_id()),
        "order_id": str(new_id()),
        "customer_id": str(new_id()),
        "product_id": product_id,
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


def event_of(message: CheckoutSucceeded | CustomerDeleted, *, organization_id: UUID = ORGANIZATION, at: datetime = NOW) -> Event[Any]:
    """The message as its readers get it."""
    deleted = isinstance(message, CustomerDeleted)
    return Event(
        id=new_id(),
        type="customer.deleted" if deleted else "checkout.succeeded",
        organization_id=organization_id,
        subject_id=UUID(message.customer_id if isinstance(message, CustomerDeleted) else message.checkout_id),
        version=3,
        occurred_at=at,
        message=message,
    )
