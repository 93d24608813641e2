"""Subscriptions as rows, both ways."""

from __future__ import annotations

from typing import Any

from services.chassis.database import Row
from services.subscription.domain.periods import Interval, Period, Recurrence
from services.subscription.domain.status import Status
from services.subscription.domain.subscription import Cancellation, Subscription, Terms


def subscription_to_row(subscription: Subscription) -> dict[str, Any]:
    terms, trial, cancellation = subscription.terms, subscription.trial, subscription.cancellation
    return {
        "organization_id": subscription.organization_id,
        "id": subscription.id,
        "status": subscription.status.value,
        "customer_id": subscription.customer_id,
        "external_customer_id": subscription.external_customer_id,
        "checkout_id": subscription.checkout_id,
        "product_id": terms.product_id,
        "currency": terms.currency,
        "amount": terms.amount,
        "recurring_interval": terms.recurrence.interval.value,
        "recurring_interval_count": terms.recurrence.count,
        "time_zone": terms.recurrence.time_zone,
        "prices": list(terms.prices),
        "tax_behavior": terms.tax_behavior,
        "discount_id": terms.discount_id,
        "discount": terms.discount,
        "payment_method_id": terms.payment_method_id,
        "anchor": subscription.anchor,
        "current_period_start": subscription.period.start,
        "current_period_end": subscription.period.end,
        "trial_start": trial.start if trial else None,
        "trial_end": trial.end if trial else None,
        "started_at": subscription.started_at,
        "cancel_at_period_end": cancellation.at_period_end if cancellation else False,
        "canceled_at": cancellation.canceled_at if cancellation else None,
        "ends_at": cancellation.ends_at if cancellation else None,
        "ended_at": subscription.ended_at,
        "customer_cancellation_reason": cancellation.reason if cancellation else "",
        "customer_cancellation_comment": cancellation.comment if cancellation else None,
        "due_at": subscription.due_at,
        "version": subscription.version,
        "created_at": subscription.created_at,
        "modified_at": subscription.modified_at,
        "metadata": dict(subscription.metadata),
    }


def row_to_subscription(row: Row) -> Subscription:
    return Subscription(
        id=row["id"],
        organization_id=row["organization_id"],
        status=Status(row["status"]),
        customer_id=row["customer_id"],
        external_customer_id=row["external_customer_id"],
        checkout_id=row["checkout_id"],
        terms=_terms(row),
        anchor=row["anchor"],
        period=Period(row["current_period_start"], row["current_period_end"]),
        trial=Period(row["trial_start"], row["trial_end"]) if row["trial_end"] else None,
        started_at=row["started_at"],
        version=row["version"],
        created_at=row["created_at"],
        modified_at=row["modified_at"],
        cancellation=_cancellation(row),
        ended_at=row["ended_at"],
        metadata=row["metadata"],
    )


def _terms(row: Row) -> Terms:
    return Terms(
        product_id=row["product_id"],
        currency=row["currency"],
        amount=row["amount"],
        recurrence=Recurrence(Interval(row["recurring_interval"]), row["recurring_interval_count"], row["time_zone"]),
        prices=tuple(row["prices"]),
        tax_behavior=row["tax_behavior"],
        discount_id=row["discount_id"],
        discount=row["discount"],
        payment_method_id=row["payment_method_id"],
    )


def _cancellation(row: Row) -> Cancellation | None:
    if row["canceled_at"] is None:
        return None
    return Cancellation(
        canceled_at=row["canceled_at"],
        ends_at=row["ends_at"],
        at_period_end=row["cancel_at_period_end"],
        reason=row["customer_cancellation_reason"],
        comment=row["customer_cancellation_comment"],
    )
