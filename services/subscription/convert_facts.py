"""What the facts of the other services say to this one."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar
from uuid import UUID

from bursar.checkout.v1 import checkout_events_pb2 as checkout
from bursar.checkout.v1 import order_pb2, product_pb2
from bursar.checkout.v1.customer_pb2 import Customer
from bursar.checkout.v1.discount_pb2 import Discount
from bursar.identity.v1.organization_pb2 import Organization as OrganizationMessage
from bursar.types.v1.billing_pb2 import ProrationBehavior, UnpaidBehavior
from bursar.types.v1.intervals_pb2 import RecurringInterval
from bursar.types.v1.tax_pb2 import TaxBehavior

from services.chassis.enums import word_of
from services.chassis.event import Event
from services.chassis.metadata import read_metadata
from services.chassis.timestamps import from_timestamp
from services.subscription.convert_price import read_applied, read_prices
from services.subscription.domain.catalog import CatalogProduct, KnownCustomer, KnownDiscount
from services.subscription.domain.debt import OrderState, SubscriptionOrder
from services.subscription.domain.organization import Organization
from services.subscription.domain.periods import Interval, Recurrence
from services.subscription.domain.start import Purchase
from services.subscription.domain.subscription import Terms

OrderFact = TypeVar("OrderFact", checkout.OrderPaid, checkout.OrderPaymentFailed, checkout.OrderDunningExhausted, checkout.OrderVoided)
_STATES = {checkout.OrderPaid: OrderState.PAID, checkout.OrderVoided: OrderState.VOID}


def read_purchase(organization_id: UUID, message: checkout.CheckoutSucceeded) -> Purchase:
    """The purchase that a checkout with a subscription tells of."""
    return Purchase(
        subscription_id=UUID(message.subscription_id),
        organization_id=organization_id,
        customer_id=UUID(message.customer_id),
        external_customer_id=message.external_customer_id if message.HasField("external_customer_id") else None,
        checkout_id=UUID(message.checkout_id),
        terms=_read_terms(message),
        started_at=from_timestamp(message.started_at, "started_at"),
        trial_end=from_timestamp(message.trial_end, "trial_end") if message.HasField("trial_end") else None,
        discount=read_applied(message.discount) if message.HasField("discount") else None,
        upgrades_subscription=message.upgrades_subscription,
        metadata=read_metadata(message.metadata),
    )


def read_order(event: Event[OrderFact]) -> SubscriptionOrder:
    """What a fact says of an order of a subscription."""
    message = event.message
    past_due_at: datetime | None = None
    if isinstance(message, checkout.OrderPaymentFailed) and message.HasField("past_due_at"):
        past_due_at = from_timestamp(message.past_due_at, "past_due_at")
    return SubscriptionOrder(
        organization_id=event.organization_id,
        id=event.subject_id,
        subscription_id=UUID(message.subscription_id),
        version=event.version,
        reason=word_of(order_pb2.OrderBillingReason, message.billing_reason),
        state=_STATES.get(type(message), OrderState.FAILED),
        occurred_at=event.occurred_at,
        past_due_at=past_due_at,
        exhausted_at=event.occurred_at if isinstance(message, checkout.OrderDunningExhausted) else None,
    )


def read_organization(message: OrganizationMessage) -> Organization:
    settings = message.settings
    return Organization(
        id=UUID(message.id),
        version=message.version,
        time_zone=settings.time_zone or "UTC",
        default_currency=message.default_presentment_currency,
        default_tax_behavior=word_of(TaxBehavior, message.default_tax_behavior) or "location",
        allow_multiple_subscriptions=settings.allow_multiple_subscriptions,
        upgrade_proration_behavior=word_of(ProrationBehavior, settings.upgrade_proration_behavior) or "prorate",
        downgrade_proration_behavior=word_of(ProrationBehavior, settings.downgrade_proration_behavior) or "prorate",
        unpaid_behavior=word_of(UnpaidBehavior, settings.unpaid_behavior) or "cancel",
    )


def read_product(message: product_pb2.Product) -> CatalogProduct:
    return CatalogProduct(
        organization_id=UUID(message.organization_id),
        id=UUID(message.id),
        version=message.version,
        name=message.name,
        is_archived=message.is_archived,
        interval=word_of(RecurringInterval, message.recurring_interval) or None,
        interval_count=message.recurring_interval_count,
        trial_interval=word_of(RecurringInterval, message.trial_interval) or None,
        trial_interval_count=message.trial_interval_count,
        prices=read_prices(price for price in message.prices if not price.is_archived),
    )


def read_discount(message: Discount) -> KnownDiscount:
    return KnownDiscount(UUID(message.organization_id), UUID(message.id), message.version, message.name)


def read_customer(message: Customer) -> KnownCustomer:
    return KnownCustomer(
        organization_id=UUID(message.organization_id),
        id=UUID(message.id),
        version=message.version,
        email=message.email or None,
        name=message.name or None,
        external_id=message.external_id or None,
    )


def _read_terms(message: checkout.CheckoutSucceeded) -> Terms:
    interval = Interval(word_of(RecurringInterval, message.recurring_interval))
    return Terms(
        product_id=UUID(message.product_id),
        product_name=message.product_name,
        currency=message.currency,
        recurrence=Recurrence(interval, message.recurring_interval_count, message.time_zone or "UTC"),
        prices=read_prices(message.prices, message.amount),
        tax_behavior=word_of(TaxBehavior, message.tax_behavior),
        seats=message.seats if message.HasField("seats") else None,
        units=message.units if message.HasField("units") else None,
        payment_method_id=UUID(message.payment_method_id) if message.HasField("payment_method_id") else None,
    )
