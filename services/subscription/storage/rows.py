"""Subscriptions as rows, both ways."""

from __future__ import annotations

from typing import Any

from services.chassis.database import Row
from services.subscription.domain.discount import Discount
from services.subscription.domain.periods import Interval, Period, Recurrence
from services.subscription.domain.status import Status
from services.subscription.domain.subscription import Cancellation, Pause, Subscription, Terms
from services.subscription.storage.documents import APPLIED_DISCOUNT, CHARGING_UPDATE, PENDING_UPDATE, PRICES


def subscription_to_row(subscription: Subscription) -> dict[str, Any]:
    charging = subscription.charging_update
    return {
        **cycle_to_row(subscription),
        **_terms_to_row(subscription.terms),
        "customer_id": subscription.customer_id,
        "external_customer_id": subscription.external_customer_id,
        "checkout_id": subscription.checkout_id,
        "started_at": subscription.started_at,
        **_end_to_row(subscription),
        **_pause_to_row(subscription.pause),
        "past_due_at": subscription.past_due_at,
        "pending_update": PENDING_UPDATE.dump(subscription.pending_update),
        "charging_update": CHARGING_UPDATE.dump(charging),
        "charging_order_id": charging.order_id if charging else None,
        "created_at": subscription.created_at,
        "metadata": dict(subscription.metadata),
        "first_payment_version": subscription.first_payment_version,
    }


def cycle_to_row(subscription: Subscription) -> dict[str, Any]:
    """What a cycle or an announcement may change, and the key."""
    trial, discount = subscription.trial, subscription.terms.discount
    return {
        "organization_id": subscription.organization_id,
        "id": subscription.id,
        "status": subscription.status.value,
        "discount_cycles_billed": discount.cycles_billed if discount else 0,
        "discount_cycles_left": discount.cycles_left if discount else None,
        "anchor": subscription.anchor,
        "period_number": subscription.period_number,
        "current_period_start": subscription.period.start,
        "current_period_end": subscription.period.end,
        "trial_start": trial.start if trial else None,
        "trial_end": trial.end if trial else None,
        "announced_end": subscription.announced_end,
        "period_discount": APPLIED_DISCOUNT.dump(subscription.period_discount),
        "due_at": subscription.due_at,
        "version": subscription.version,
        "modified_at": subscription.modified_at,
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
        period_number=row["period_number"],
        period=Period(row["current_period_start"], row["current_period_end"]),
        trial=Period(row["trial_start"], row["trial_end"]) if row["trial_end"] else None,
        started_at=row["started_at"],
        version=row["version"],
        created_at=row["created_at"],
        modified_at=row["modified_at"],
        cancellation=_cancellation(row),
        ended_at=row["ended_at"],
        pause=Pause(row["resumes_at"], row["paused_at"]) if row["pause_at_period_end"] or row["paused_at"] else None,
        past_due_at=row["past_due_at"],
        pending_update=PENDING_UPDATE.load_optional(row["pending_update"]),
        charging_update=CHARGING_UPDATE.load_optional(row["charging_update"]),
        announced_end=row["announced_end"],
        period_discount=APPLIED_DISCOUNT.load_optional(row["period_discount"]),
        metadata=row["metadata"],
        first_payment_version=row["first_payment_version"],
    )


def _terms_to_row(terms: Terms) -> dict[str, Any]:
    applied = terms.discount.applied if terms.discount else None
    return {
        "product_id": terms.product_id,
        "product_name": terms.product_name,
        "currency": terms.currency,
        "amount": terms.amount,
        "recurring_interval": terms.recurrence.interval.value,
        "recurring_interval_count": terms.recurrence.count,
        "time_zone": terms.recurrence.time_zone,
        "prices": PRICES.dump(terms.prices),
        "tax_behavior": terms.tax_behavior,
        "seats": terms.seats,
        "units": terms.units,
        "discount_id": applied.discount_id if applied else None,
        "discount": APPLIED_DISCOUNT.dump(applied),
        "payment_method_id": terms.payment_method_id,
    }


def _terms(row: Row) -> Terms:
    return Terms(
        product_id=row["product_id"],
        product_name=row["product_name"],
        currency=row["currency"],
        recurrence=Recurrence(Interval(row["recurring_interval"]), row["recurring_interval_count"], row["time_zone"]),
        prices=PRICES.load(row["prices"]),
        tax_behavior=row["tax_behavior"],
        seats=row["seats"],
        units=row["units"],
        discount=_discount(row),
        payment_method_id=row["payment_method_id"],
    )


def _discount(row: Row) -> Discount | None:
    if row["discount"] is None:
        return None
    return Discount(APPLIED_DISCOUNT.load(row["discount"]), row["discount_cycles_billed"], row["discount_cycles_left"])


def _end_to_row(subscription: Subscription) -> dict[str, Any]:
    cancellation = subscription.cancellation
    return {
        "cancel_at_period_end": cancellation.at_period_end if cancellation else False,
        "canceled_at": cancellation.canceled_at if cancellation else None,
        "ends_at": cancellation.ends_at if cancellation else None,
        "ended_at": subscription.ended_at,
        "customer_cancellation_reason": cancellation.reason if cancellation else "",
        "customer_cancellation_comment": cancellation.comment if cancellation else None,
    }


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


def _pause_to_row(pause: Pause | None) -> dict[str, Any]:
    return {
        "pause_at_period_end": pause is not None and pause.paused_at is None,
        "paused_at": pause.paused_at if pause else None,
        "resumes_at": pause.resumes_at if pause else None,
    }
