"""Orders as rows. The amounts of an order are columns for whoever reads the table; what is read back are the lines they follow from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.checkout.domain.dunning import Dunning, DunningPhase
from services.checkout.domain.interval import Period
from services.checkout.domain.order import BillingReason, Order, OrderStatus, Placement
from services.checkout.domain.quote import BillingEntryType, Line, Quote
from services.checkout.storage.documents import ADDRESS, PAYMENT_ACTION, PAYMENT_FAILURE, TAX_LINES


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
        "seats": placement.seats,
        "period_start": placement.period and placement.period.start,
        "period_end": placement.period and placement.period.end,
        "payment_method_id": placement.payment_method_id,
        "void_on_failure": placement.void_on_failure,
        "is_delivered": placement.is_delivered,
        "holds_balance": order.holds_balance,
        "forfeited_amount": order.forfeited_amount,
        "payment_attempts": order.payment_attempts,
        "payment_failure": PAYMENT_FAILURE.dump(order.payment_failure),
        "payment_action": PAYMENT_ACTION.dump(order.payment_action),
        "dunning_phase": order.dunning and order.dunning.phase,
        "past_due_at": order.dunning and order.dunning.past_due_at,
        "dunning_due_at": order.dunning and order.dunning.due_at,
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
            "quantity": item.line.quantity,
            "description": item.line.description,
            "billing_entry_id": item.line.billing_entry_id,
            "billing_entry_type": item.line.billing_entry_type,
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
        holds_balance=row["holds_balance"],
        forfeited_amount=row["forfeited_amount"],
        payment_attempts=row["payment_attempts"],
        payment_failure=PAYMENT_FAILURE.load_optional(row["payment_failure"]),
        payment_action=PAYMENT_ACTION.load_optional(row["payment_action"]),
        dunning=_dunning(row),
    )


def _dunning(row: Mapping[str, Any]) -> Dunning | None:
    return Dunning(DunningPhase(row["dunning_phase"]), row["past_due_at"], row["dunning_due_at"]) if row["dunning_phase"] else None


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
        seats=row["seats"],
        period=Period(row["period_start"], row["period_end"]) if row["period_start"] else None,
        payment_method_id=row["payment_method_id"],
        void_on_failure=row["void_on_failure"],
        is_delivered=row["is_delivered"],
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
        quantity=item["quantity"],
        description=item["description"],
        billing_entry_id=item["billing_entry_id"],
        billing_entry_type=BillingEntryType(item["billing_entry_type"]) if item["billing_entry_type"] else None,
    )
