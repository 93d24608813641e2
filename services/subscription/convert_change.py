"""Changes of subscriptions, their charges and previews, as messages."""

from __future__ import annotations

from uuid import UUID

from bursar.checkout.v1 import order_pb2
from bursar.subscription.v1 import subscription_pb2, subscription_service_pb2
from bursar.types.v1.billing_pb2 import ProrationBehavior as ProrationBehaviorNumber

from services.chassis.enums import number_of, word_of
from services.chassis.timestamps import from_timestamp, write_timestamp
from services.subscription.convert import subscription_to_proto
from services.subscription.domain.billing import BillingReason
from services.subscription.domain.catalog import CatalogProduct
from services.subscription.domain.change_errors import PaymentFailed
from services.subscription.domain.change_shapes import (
    DiscountChange,
    PeriodEndChange,
    ProductChange,
    ProrationBehavior,
    SeatsChange,
    TrialEndChange,
    UnitsChange,
    Wish,
)
from services.subscription.domain.debt import OrderState, SubscriptionOrder
from services.subscription.domain.discount import AppliedDiscount
from services.subscription.domain.preview import Preview
from services.subscription.domain.subscription import Subscription
from services.subscription.usecases.change_ports import ChargeAnswer

_PAID = (
    order_pb2.ORDER_STATUS_PAID,
    order_pb2.ORDER_STATUS_PARTIALLY_REFUNDED,
    order_pb2.ORDER_STATUS_REFUNDED,
)


def read_product_id(change: subscription_pb2.SubscriptionChange) -> UUID | None:
    """The product that a change leads to."""
    return UUID(change.product.product_id) if change.WhichOneof("change") == "product" else None


def read_discount_id(change: subscription_pb2.SubscriptionChange) -> UUID | None:
    """The discount that a change brings."""
    if change.WhichOneof("change") != "discount" or not change.discount.HasField("discount_id"):
        return None
    return UUID(change.discount.discount_id)


def read_wish(change: subscription_pb2.SubscriptionChange, product: CatalogProduct | None, applied: AppliedDiscount | None) -> Wish:
    """What is asked for; with the product, or the discount, that the change names."""
    match change.WhichOneof("change"):
        case "product":
            assert product is not None
            asked = change.product
            return ProductChange(
                product, asked.seats if asked.HasField("seats") else None, asked.units if asked.HasField("units") else None
            )
        case "seats":
            return SeatsChange(change.seats)
        case "units":
            return UnitsChange(change.units)
        case "discount":
            return DiscountChange(applied)
        case "trial_end":
            by_time = change.trial_end.WhichOneof("when") == "at"
            return TrialEndChange(from_timestamp(change.trial_end.at, "change.trial_end.at") if by_time else None)
        case _:
            return PeriodEndChange(from_timestamp(change.current_period_end, "change.current_period_end"))


def read_behavior(number: int) -> ProrationBehavior | None:
    """What the call says about proration."""
    word = word_of(ProrationBehaviorNumber, number)
    return ProrationBehavior(word) if word else None


def read_charge_answer(holds: Subscription, order: order_pb2.Order) -> ChargeAnswer:
    """What became of the order of a change."""
    is_void = order.status == order_pb2.ORDER_STATUS_VOID
    if not is_void and order.status not in _PAID:
        return ChargeAnswer(None)
    decided = order.modified_at if is_void or not order.HasField("paid_at") else order.paid_at
    heard = SubscriptionOrder(
        organization_id=holds.organization_id,
        id=UUID(order.id),
        subscription_id=holds.id,
        version=order.version,
        reason=BillingReason.UPDATE,
        state=OrderState.VOID if is_void else OrderState.PAID,
        occurred_at=from_timestamp(decided, "paid_at"),
    )
    failure = order.payment_failure
    return ChargeAnswer(heard, PaymentFailed(failure.code, failure.decline_code) if is_void else None)


def preview_to_proto(preview: Preview, order: order_pb2.Order | None) -> subscription_service_pb2.BillingPreview:
    message = subscription_service_pb2.BillingPreview(
        order=order,
        subscription=subscription_to_proto(preview.subscription),
        proration_behavior=number_of(ProrationBehaviorNumber, preview.behavior),
    )
    if preview.billed_at is not None:
        write_timestamp(message.billed_at, preview.billed_at)
    return message
