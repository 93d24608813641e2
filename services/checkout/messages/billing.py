"""Billings of subscriptions, from messages."""

from __future__ import annotations

from uuid import UUID

from bursar.checkout.v1 import billing_pb2, order_pb2

from services.chassis.errors import Invalid
from services.chassis.ids import parse_id
from services.chassis.metadata import read_metadata
from services.checkout.domain.billing import Billing
from services.checkout.domain.interval import Period
from services.checkout.domain.order import BillingReason
from services.checkout.domain.quote import BillingEntryType, Line
from services.checkout.messages.discount import applied_discount_from_proto
from services.checkout.messages.types import behavior_from_proto, enum_from_proto, id_of, number_in, time_of


def billing_from_proto(message: billing_pb2.Billing, organization_id: UUID) -> Billing:
    """The billing. Invalid, naming what is missing."""
    reason = enum_from_proto(BillingReason, order_pb2.OrderBillingReason, message.billing_reason)
    if reason is None:
        raise Invalid("BILLING_REASON_MISSING", "say why it is billed", field="billing.billing_reason")
    return Billing(
        organization_id=organization_id,
        order_id=parse_id(message.order_id, "billing.order_id"),
        subscription_id=parse_id(message.subscription_id, "billing.subscription_id"),
        customer_id=parse_id(message.customer_id, "billing.customer_id"),
        product_id=parse_id(message.product_id, "billing.product_id") if message.product_id else None,
        reason=reason,
        currency=message.currency,
        tax_behavior=behavior_from_proto(message.tax_behavior),
        discount=applied_discount_from_proto(message.discount) if message.HasField("discount") else None,
        payment_method_id=id_of(message, "payment_method_id"),
        lines=tuple(_line(line) for line in message.lines),
        description=message.description,
        period=_period(message, "period_start", "period_end"),
        void_on_failure=message.void_on_failure,
        metadata=read_metadata(message.metadata) if message.HasField("metadata") else {},
    )


def _line(line: billing_pb2.BillingLine) -> Line:
    return Line(
        label=line.label,
        amount=line.amount,
        price_id=id_of(line, "product_price_id"),
        proration=line.proration,
        period=_period(line, "start_timestamp", "end_timestamp"),
        quantity=number_in(line, "quantity"),
        description=line.description,
        billing_entry_id=id_of(line, "billing_entry_id"),
        billing_entry_type=enum_from_proto(BillingEntryType, order_pb2.BillingEntryType, line.type),
    )


def _period(message: billing_pb2.Billing | billing_pb2.BillingLine, start: str, end: str) -> Period | None:
    begins, ends = time_of(message, start), time_of(message, end)
    return Period(begins, ends) if begins is not None and ends is not None else None
