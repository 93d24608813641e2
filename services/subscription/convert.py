"""Between the contracts and the domain; the only file that knows both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from bursar.checkout.v1.checkout_events_pb2 import CheckoutSucceeded
from bursar.checkout.v1.product_pb2 import ProductPrice
from bursar.subscription.v1 import subscription_pb2, subscription_service_pb2
from bursar.subscription.v1.subscription_events_pb2 import SubscriptionState
from bursar.types.v1.intervals_pb2 import RecurringInterval
from bursar.types.v1.tax_pb2 import TaxBehavior
from google.protobuf.json_format import MessageToDict, ParseDict

from services.chassis.enums import number_of, word_of
from services.chassis.ids import id_text
from services.chassis.metadata import write_metadata
from services.chassis.timestamps import from_timestamp, to_timestamp
from services.subscription.domain.changes import Why
from services.subscription.domain.periods import Interval, Recurrence
from services.subscription.domain.start import Purchase
from services.subscription.domain.subscription import Subscription, Terms
from services.subscription.usecases.ports import Filters, Listed


def subscription_to_proto(subscription: Subscription) -> subscription_pb2.Subscription:
    terms, trial, cancellation = subscription.terms, subscription.trial, subscription.cancellation
    message = subscription_pb2.Subscription(
        id=str(subscription.id),
        organization_id=str(subscription.organization_id),
        status=number_of(subscription_pb2.SubscriptionStatus, subscription.status),
        customer_id=str(subscription.customer_id),
        product_id=str(terms.product_id),
        discount_id=id_text(terms.discount_id),
        checkout_id=id_text(subscription.checkout_id),
        amount=terms.amount,
        currency=terms.currency,
        recurring_interval=number_of(RecurringInterval, terms.recurrence.interval),
        recurring_interval_count=terms.recurrence.count,
        prices=[ParseDict(dict(price), ProductPrice(), ignore_unknown_fields=True) for price in terms.prices],
        current_period_start=to_timestamp(subscription.period.start),
        current_period_end=to_timestamp(subscription.period.end),
        trial_start=to_timestamp(trial.start if trial else None),
        trial_end=to_timestamp(trial.end if trial else None),
        started_at=to_timestamp(subscription.started_at),
        ended_at=to_timestamp(subscription.ended_at),
        version=subscription.version,
        created_at=to_timestamp(subscription.created_at),
        modified_at=to_timestamp(subscription.modified_at),
    )
    if cancellation is not None:
        message.cancel_at_period_end = cancellation.at_period_end
        message.canceled_at.FromDatetime(cancellation.canceled_at)
        message.ends_at.FromDatetime(cancellation.ends_at)
        message.customer_cancellation_reason = number_of(subscription_pb2.CustomerCancellationReason, cancellation.reason)
        if cancellation.comment is not None:
            message.customer_cancellation_comment = cancellation.comment
    write_metadata(subscription.metadata, message.metadata)
    return message


def list_to_proto(listed: Listed) -> subscription_service_pb2.ListSubscriptionsResponse:
    return subscription_service_pb2.ListSubscriptionsResponse(
        subscriptions=[subscription_to_proto(subscription) for subscription in listed.subscriptions],
        next_page_token=listed.next_token,
        total_count=listed.total,
    )


def state_to_proto(subscription: Subscription) -> SubscriptionState:
    """What a fact says."""
    cancellation = subscription.cancellation
    return SubscriptionState(
        subscription_id=str(subscription.id),
        customer_id=str(subscription.customer_id),
        external_customer_id=subscription.external_customer_id,
        product_id=str(subscription.terms.product_id),
        status=number_of(subscription_pb2.SubscriptionStatus, subscription.status),
        current_period_start=to_timestamp(subscription.period.start),
        current_period_end=to_timestamp(subscription.period.end),
        trial_end=to_timestamp(subscription.trial.end if subscription.trial else None),
        cancel_at_period_end=cancellation is not None and cancellation.at_period_end,
        ends_at=to_timestamp(cancellation.ends_at if cancellation else None),
        ended_at=to_timestamp(subscription.ended_at),
        checkout_id=id_text(subscription.checkout_id),
    )


def read_purchase(organization_id: UUID, message: CheckoutSucceeded) -> Purchase:
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
    )


def read_why(request: subscription_service_pb2.CancelSubscriptionRequest | subscription_service_pb2.RevokeSubscriptionRequest) -> Why:
    """What a canceling customer said."""
    reason = word_of(subscription_pb2.CustomerCancellationReason, request.customer_cancellation_reason)
    return Why(reason, request.customer_cancellation_comment if request.HasField("customer_cancellation_comment") else None)


def read_filters(request: subscription_service_pb2.ListSubscriptionsRequest) -> Filters:
    """The filters of a list request."""
    return Filters(
        customer_ids=_ids(request.customer_id),
        product_ids=_ids(request.product_id),
        discount_ids=_ids(request.discount_id),
        statuses=[word_of(subscription_pb2.SubscriptionStatus, status) for status in request.status],
        active=request.active if request.HasField("active") else None,
        cancel_at_period_end=request.cancel_at_period_end if request.HasField("cancel_at_period_end") else None,
    )


def _read_terms(message: CheckoutSucceeded) -> Terms:
    discount = message.discount if message.HasField("discount") else None
    interval = Interval(word_of(RecurringInterval, message.recurring_interval))
    return Terms(
        product_id=UUID(message.product_id),
        currency=message.currency,
        amount=message.amount,
        recurrence=Recurrence(interval, message.recurring_interval_count, message.time_zone or "UTC"),
        prices=tuple(_json(price) for price in message.prices),
        tax_behavior=word_of(TaxBehavior, message.tax_behavior),
        discount_id=UUID(discount.discount_id) if discount else None,
        discount=_json(discount) if discount else None,
        payment_method_id=UUID(message.payment_method_id) if message.HasField("payment_method_id") else None,
    )


def _json(message: Any) -> dict[str, object]:
    return MessageToDict(message, preserving_proto_field_name=True)


def _ids(texts: Sequence[str]) -> list[UUID]:
    return [UUID(text) for text in texts]
