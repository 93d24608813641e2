"""Orders as rows. The amounts of an order are columns for whoever reads the table; what is read back are the lines they follow from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.checkout.domain.interval import Period
from services.checkout.domain.order import BillingReason, Order, OrderStatus, Placement
from services.checkout.domain.quote import Line, Quote
from services.checkout.storage.documents import ADDRESS, TAX_LINES


def order_to_row(order: Order) -> dict[str, Any]:
    placement, quote = order.placement, order.quote
    return {
        "id": order.id,
        "organization_id": order.organization_id,
        "status": order.status,
        "billing_reason": placement.billing_reason,
        "customer_id": placement.customer_id,
        "external_customer_id": placement.external_customer_id,
        "product_id": placement.product_id,
        "discount_id": placement.discount_id,
        "subscription_id": placement.subscription_id,
        "checkout_id": placement.checkout_id,
        "currency": quote.currency,
        "subtotal_amount": quote.subtotal_amount,
        "discount_amount": quote.discount_amount,
        "net_amount": quote.net_amount,
        "tax_amount": quote.tax_amount,
        "total_amount": quote.total_amount,
        "applied_balance_amount": order.applied_balance_amount,
        "due_amount": order.due_amount,
        "tax_inclusive": quote.inclusive,
        "tax_lines": TAX_LINES.dump(quote.tax_lines or ()),
        "billing_name": placement.billing_name,
        "billing_address": ADDRESS.dump(placement.billing_address),
        "customer_tax_id": placement.customer_tax_id,
        "description": placement.description,
        "payment_id": order.payment_id,
        "processor": order.processor,
        "invoice_number": order.invoice_number,
        "receipt_number": order.receipt_number,
        "version": order.version,
        "paid_at": order.paid_at,
        "created_at": order.created_at,
        "modified_at": order.modified_at,
        "metadata": dict(placement.metadata),
    }


def item_rows(order: Order) -> list[dict[str, Any]]:
    return [
        {
            "id": item.id,
            "organization_id": order.organization_id,
            "order_id": order.id,
            "position": position,
            "label": item.line.label,
            "amount": item.line.amount,
            "discount_amount": item.line.discount_amount,
            "tax_amount": item.line.tax_amount,
            "proration": item.line.proration,
            "price_id": item.line.price_id,
            "start_timestamp": item.line.period and item.line.period.start,
            "end_timestamp": item.line.period and item.line.period.end,
        }
        for position, item in enumerate(order.items)
    ]


def row_to_order(row: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> Order:
    lines = tuple(_line(item) for item in items)
    return Order(
        id=row["id"],
        organization_id=row["organization_id"],
        status=OrderStatus(row["status"]),
        placement=_placement(row),
        quote=Quote(row["currency"], row["tax_inclusive"], lines, TAX_LINES.load(row["tax_lines"])),
        item_ids=tuple(item["id"] for item in items),
        applied_balance_amount=row["applied_balance_amount"],
        payment_id=row["payment_id"],
        processor=row["processor"],
        invoice_number=row["invoice_number"],
        receipt_number=row["receipt_number"],
        version=row["version"],
        paid_at=row["paid_at"],
        created_at=row["created_at"],
        modified_at=row["modified_at"],
    )


def _placement(row: Mapping[str, Any]) -> Placement:
    return Placement(
        customer_id=row["customer_id"],
        external_customer_id=row["external_customer_id"],
        billing_reason=BillingReason(row["billing_reason"]),
        product_id=row["product_id"],
        discount_id=row["discount_id"],
        subscription_id=row["subscription_id"],
        checkout_id=row["checkout_id"],
        description=row["description"],
        billing_name=row["billing_name"],
        billing_address=ADDRESS.load_optional(row["billing_address"]),
        customer_tax_id=row["customer_tax_id"],
        metadata=row["metadata"],
    )


def _line(item: Mapping[str, Any]) -> Line:
    return Line(
        label=item["label"],
        amount=item["amount"],
        discount_amount=item["discount_amount"],
        tax_amount=item["tax_amount"],
        price_id=item["price_id"],
        proration=item["proration"],
        period=Period(item["start_timestamp"], item["end_timestamp"]) if item["start_timestamp"] else None,
    )
