"""Orders as messages."""

from __future__ import annotations

from uuid import UUID

from bursar.checkout.v1 import order_pb2, order_service_pb2

from services.chassis.enums import number_of, word_of
from services.chassis.idempotency import request_hash
from services.chassis.ids import id_text
from services.chassis.metadata import write_metadata
from services.checkout.domain.order import BillingReason, Item, Order, OrderStatus
from services.checkout.domain.price import TaxBehavior
from services.checkout.messages.checkout import action_to_proto, failure_to_proto
from services.checkout.messages.types import address_to_proto, behavior_to_proto, set_time, tax_line_to_proto, text_of, time_of
from services.checkout.usecases.filters import OrderFilter
from services.checkout.usecases.retry_order_payment import Retry


def order_to_proto(order: Order) -> order_pb2.Order:
    placement, quote = order.placement, order.quote
    paid = order.status is OrderStatus.PAID
    message = order_pb2.Order(
        id=str(order.id),
        organization_id=str(order.organization_id),
        status=status_to_proto(order.status),
        paid=paid,
        billing_reason=reason_to_proto(placement.billing_reason),
        customer_id=str(placement.customer_id),
        product_id=id_text(placement.product_id),
        discount_id=id_text(placement.discount_id),
        subscription_id=id_text(placement.subscription_id),
        checkout_id=id_text(placement.checkout_id),
        currency=quote.currency,
        subtotal_amount=quote.subtotal_amount,
        discount_amount=quote.discount_amount,
        net_amount=quote.net_amount,
        tax_amount=quote.tax_amount,
        total_amount=quote.total_amount,
        applied_balance_amount=order.applied_balance_amount,
        due_amount=order.due_amount,
        refundable_amount=quote.net_amount if paid else 0,
        refundable_tax_amount=quote.tax_amount if paid else 0,
        tax_behavior=behavior_to_proto(TaxBehavior.INCLUSIVE if quote.inclusive else TaxBehavior.EXCLUSIVE),
        tax_lines=[tax_line_to_proto(line) for line in quote.tax_lines or ()],
        billing_name=placement.billing_name,
        billing_address=address_to_proto(placement.billing_address),
        customer_tax_id=placement.customer_tax_id,
        invoice_number=order.invoice_number,
        receipt_number=order.receipt_number,
        items=[_item_to_proto(item) for item in order.items],
        description=placement.description,
        version=order.version,
        payment_attempts=order.payment_attempts,
        payment_failure=failure_to_proto(order.payment_failure),
        payment_action=action_to_proto(order.payment_action),
        seats=placement.seats,
    )
    if order.dunning is not None:
        set_time(message.past_due_at, order.dunning.past_due_at)
        set_time(message.next_payment_attempt_at, order.dunning.next_payment_attempt_at)
    set_time(message.paid_at, order.paid_at)
    set_time(message.created_at, order.created_at)
    set_time(message.modified_at, order.modified_at)
    write_metadata(placement.metadata, message.metadata)
    return message


def quote_to_proto(order: Order) -> order_pb2.Order:
    """An order that was not made."""
    message = order_to_proto(order)
    message.status = order_pb2.ORDER_STATUS_DRAFT
    return message


def status_to_proto(status: OrderStatus) -> order_pb2.OrderStatus.ValueType:
    return number_of(order_pb2.OrderStatus, status)


def reason_to_proto(reason: BillingReason) -> order_pb2.OrderBillingReason.ValueType:
    return number_of(order_pb2.OrderBillingReason, reason)


def order_filter(request: order_service_pb2.ListOrdersRequest) -> OrderFilter:
    return OrderFilter(
        product_ids=[UUID(each) for each in request.product_id],
        customer_ids=[UUID(each) for each in request.customer_id],
        discount_ids=[UUID(each) for each in request.discount_id],
        checkout_ids=[UUID(each) for each in request.checkout_id],
        subscription_ids=[UUID(each) for each in request.subscription_id],
        external_customer_ids=list(request.external_customer_id),
        statuses=[word_of(order_pb2.OrderStatus, each) for each in request.status],
        billing_reasons=[word_of(order_pb2.OrderBillingReason, each) for each in request.billing_reason],
        is_recurring={"recurring": True, "one_time": False}.get(request.product_billing_type),
        created_after=time_of(request, "created_after"),
        created_before=time_of(request, "created_before"),
        metadata=dict(request.metadata),
    )


def order_retry(request: order_service_pb2.RetryOrderPaymentRequest) -> Retry:
    return Retry(
        UUID(request.id),
        request.request_id,
        request_hash(request),
        text_of(request, "confirmation_token_id"),
        text_of(request, "return_url"),
    )


def export_filter(request: order_service_pb2.ExportOrdersRequest) -> OrderFilter:
    return OrderFilter(
        product_ids=[UUID(each) for each in request.product_id],
        customer_ids=[UUID(each) for each in request.customer_id],
        subscription_ids=[UUID(each) for each in request.subscription_id],
        statuses=[word_of(order_pb2.OrderStatus, each) for each in request.status],
        created_after=time_of(request, "created_after"),
        created_before=time_of(request, "created_before"),
    )


def _item_to_proto(item: Item) -> order_pb2.OrderItem:
    line = item.line
    message = order_pb2.OrderItem(
        id=str(item.id),
        label=line.label,
        amount=line.amount,
        discount_amount=line.discount_amount,
        tax_amount=line.tax_amount,
        proration=line.proration,
        product_price_id=id_text(line.price_id),
        billing_entry_id=id_text(line.billing_entry_id),
        billing_entry_type=number_of(order_pb2.BillingEntryType, line.billing_entry_type),
        quantity=line.quantity,
        description=line.description,
    )
    if line.period is not None:
        set_time(message.start_timestamp, line.period.start)
        set_time(message.end_timestamp, line.period.end)
    return message
