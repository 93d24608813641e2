"""Billing entries, and orders that are to be made of them, as messages."""

from __future__ import annotations

from bursar.checkout.v1 import billing_pb2, order_pb2
from bursar.checkout.v1.discount_pb2 import AppliedDiscount, DiscountDuration
from bursar.subscription.v1 import subscription_pb2, subscription_service_pb2
from bursar.types.v1.tax_pb2 import TaxBehavior

from services.chassis.enums import number_of
from services.chassis.ids import id_text
from services.chassis.metadata import write_metadata
from services.chassis.timestamps import to_timestamp, write_timestamp
from services.pricing.reduction import Percentage
from services.subscription.domain import discount
from services.subscription.domain.billing import Billing
from services.subscription.domain.entry import BillingEntry
from services.subscription.domain.subscription import Subscription
from services.subscription.usecases.ports import ListedEntries


def billing_to_proto(subscription: Subscription, billing: Billing, message: billing_pb2.Billing) -> None:
    """Write an order-to-be into a message; `subscription` is as it is after what the order bills."""
    terms = subscription.terms
    message.order_id = str(billing.order_id)
    message.subscription_id = str(subscription.id)
    message.customer_id = str(subscription.customer_id)
    message.product_id = str(terms.product_id)
    message.billing_reason = number_of(order_pb2.OrderBillingReason, billing.reason)
    message.currency = terms.currency
    message.tax_behavior = number_of(TaxBehavior, terms.tax_behavior)
    message.description = billing.description
    message.void_on_failure = billing.void_on_failure
    write_metadata(subscription.metadata, message.metadata)
    if billing.discount is not None:
        message.discount.CopyFrom(applied_to_proto(billing.discount))
    if terms.payment_method_id is not None:
        message.payment_method_id = str(terms.payment_method_id)
    if billing.period is not None:
        write_timestamp(message.period_start, billing.period.start)
        write_timestamp(message.period_end, billing.period.end)
    for entry in billing.entries:
        _write_line(entry, message.lines.add())


def applied_to_proto(applied: discount.AppliedDiscount) -> AppliedDiscount:
    """A discount as it was redeemed."""
    message = AppliedDiscount(
        discount_id=str(applied.discount_id),
        duration=number_of(DiscountDuration, applied.duration),
        duration_in_months=applied.duration_in_months,
    )
    if isinstance(applied.reduction, Percentage):
        message.percentage.basis_points = applied.reduction.basis_points
    else:
        message.fixed.amounts.update(applied.reduction.amounts)
        message.fixed.SetInParent()
    return message


def entries_to_proto(listed: ListedEntries) -> subscription_service_pb2.ListBillingEntriesResponse:
    return subscription_service_pb2.ListBillingEntriesResponse(
        billing_entries=[entry_to_proto(entry) for entry in listed.entries], next_page_token=listed.next_token
    )


def entry_to_proto(entry: BillingEntry) -> subscription_pb2.BillingEntry:
    return subscription_pb2.BillingEntry(
        id=str(entry.id),
        subscription_id=str(entry.subscription_id),
        type=number_of(order_pb2.BillingEntryType, entry.type),
        order_id=id_text(entry.order_id),
        product_id=str(entry.product_id),
        product_price_id=id_text(entry.price_id),
        label=entry.label,
        description=entry.description,
        amount=entry.amount,
        currency=entry.currency,
        quantity=entry.quantity,
        proration=entry.proration,
        start_timestamp=to_timestamp(entry.period.start),
        end_timestamp=to_timestamp(entry.period.end),
        created_at=to_timestamp(entry.created_at),
    )


def _write_line(entry: BillingEntry, line: billing_pb2.BillingLine) -> None:
    line.billing_entry_id = str(entry.id)
    line.type = number_of(order_pb2.BillingEntryType, entry.type)
    line.label = entry.label
    line.description = entry.description
    line.amount = entry.amount
    line.proration = entry.proration
    if entry.price_id is not None:
        line.product_price_id = str(entry.price_id)
    if entry.quantity is not None:
        line.quantity = entry.quantity
    write_timestamp(line.start_timestamp, entry.period.start)
    write_timestamp(line.end_timestamp, entry.period.end)
