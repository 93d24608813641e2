"""Between the contracts and the domain; the only file that knows both."""

from __future__ import annotations

from bursar.subscription.v1 import subscription_pb2, subscription_service_pb2
from bursar.subscription.v1.subscription_events_pb2 import SubscriptionState
from bursar.types.v1.intervals_pb2 import RecurringInterval

from services.chassis.enums import number_of, word_of
from services.chassis.ids import id_text
from services.chassis.metadata import write_metadata
from services.chassis.timestamps import to_timestamp, write_timestamp
from services.subscription.convert_price import price_to_proto
from services.subscription.domain.changes import Why
from services.subscription.domain.subscription import ChargingUpdate, PendingUpdate, Subscription, Terms
from services.subscription.usecases.ports import Listed


def subscription_to_proto(subscription: Subscription) -> subscription_pb2.Subscription:
    terms, trial, cancellation, pause = subscription.terms, subscription.trial, subscription.cancellation, subscription.pause
    message = subscription_pb2.Subscription(
        id=str(subscription.id),
        organization_id=str(subscription.organization_id),
        status=number_of(subscription_pb2.SubscriptionStatus, subscription.status),
        customer_id=str(subscription.customer_id),
        product_id=str(terms.product_id),
        discount_id=id_text(terms.discount.applied.discount_id if terms.discount else None),
        checkout_id=id_text(subscription.checkout_id),
        amount=terms.amount,
        currency=terms.currency,
        recurring_interval=number_of(RecurringInterval, terms.recurrence.interval),
        recurring_interval_count=terms.recurrence.count,
        prices=[price_to_proto(price) for price in terms.prices],
        current_period_start=to_timestamp(subscription.period.start),
        current_period_end=to_timestamp(subscription.period.end),
        trial_start=to_timestamp(trial.start if trial else None),
        trial_end=to_timestamp(trial.end if trial else None),
        started_at=to_timestamp(subscription.started_at),
        ended_at=to_timestamp(subscription.ended_at),
        version=subscription.version,
        created_at=to_timestamp(subscription.created_at),
        modified_at=to_timestamp(subscription.modified_at),
        seats=terms.seats,
        units=terms.units,
        past_due_at=to_timestamp(subscription.past_due_at),
        pause_at_period_end=pause is not None and pause.paused_at is None,
        paused_at=to_timestamp(pause.paused_at if pause else None),
        resumes_at=to_timestamp(pause.resumes_at if pause else None),
        pending_update=_pending_to_proto(subscription.pending_update),
        charging_update=_charging_to_proto(terms, subscription.charging_update),
        discount_cycles_billed=terms.discount.cycles_billed if terms.discount else 0,
        discount_cycles_left=terms.discount.cycles_left if terms.discount else None,
        product_name=terms.product_name,
        time_zone=terms.recurrence.time_zone,
        external_customer_id=subscription.external_customer_id,
    )
    if cancellation is not None:
        message.cancel_at_period_end = cancellation.at_period_end
        write_timestamp(message.canceled_at, cancellation.canceled_at)
        write_timestamp(message.ends_at, cancellation.ends_at)
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
    cancellation, pause = subscription.cancellation, subscription.pause
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
        seats=subscription.terms.seats,
        units=subscription.terms.units,
        past_due_at=to_timestamp(subscription.past_due_at),
        pause_at_period_end=pause is not None and pause.paused_at is None,
        paused_at=to_timestamp(pause.paused_at if pause else None),
        resumes_at=to_timestamp(pause.resumes_at if pause else None),
    )


def read_why(request: subscription_service_pb2.CancelSubscriptionRequest | subscription_service_pb2.RevokeSubscriptionRequest) -> Why:
    """What a canceling customer said."""
    reason = word_of(subscription_pb2.CustomerCancellationReason, request.customer_cancellation_reason)
    return Why(reason, request.customer_cancellation_comment if request.HasField("customer_cancellation_comment") else None)


def _pending_to_proto(update: PendingUpdate | None) -> subscription_pb2.PendingSubscriptionUpdate | None:
    if update is None:
        return None
    return subscription_pb2.PendingSubscriptionUpdate(
        applies_at=to_timestamp(update.applies_at),
        product_id=id_text(update.product.product_id if update.product else None),
        seats=update.seats,
        units=update.units,
        created_at=to_timestamp(update.created_at),
    )


def _charging_to_proto(terms: Terms, update: ChargingUpdate | None) -> subscription_pb2.PendingSubscriptionUpdate | None:
    """What of the terms is going to be another, once the order is paid."""
    if update is None:
        return None
    target = update.terms
    return subscription_pb2.PendingSubscriptionUpdate(
        applies_at=to_timestamp(update.created_at),
        product_id=None if target.product_id == terms.product_id else str(target.product_id),
        seats=None if target.seats == terms.seats else target.seats,
        units=None if target.units == terms.units else target.units,
        order_id=str(update.order_id),
        created_at=to_timestamp(update.created_at),
    )
