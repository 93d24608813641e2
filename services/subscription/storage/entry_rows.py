"""Billing entries and what was heard of orders as rows, both ways."""

from __future__ import annotations

from typing import Any

from services.chassis.database import Row
from services.subscription.domain.debt import OrderState, SubscriptionOrder
from services.subscription.domain.entry import BillingEntry, EntryState, EntryType
from services.subscription.domain.periods import Period


def entry_to_row(entry: BillingEntry) -> dict[str, Any]:
    return {
        "organization_id": entry.organization_id,
        "id": entry.id,
        "subscription_id": entry.subscription_id,
        "type": entry.type.value,
        "state": entry.state.value,
        "order_id": entry.order_id,
        "product_id": entry.product_id,
        "product_price_id": entry.price_id,
        "label": entry.label,
        "description": entry.description,
        "amount": entry.amount,
        "currency": entry.currency,
        "quantity": entry.quantity,
        "proration": entry.proration,
        "start_timestamp": entry.period.start,
        "end_timestamp": entry.period.end,
        "created_at": entry.created_at,
        "charged_first": entry.charged_first,
    }


def row_to_entry(row: Row) -> BillingEntry:
    return BillingEntry(
        id=row["id"],
        organization_id=row["organization_id"],
        subscription_id=row["subscription_id"],
        type=EntryType(row["type"]),
        state=EntryState(row["state"]),
        order_id=row["order_id"],
        product_id=row["product_id"],
        price_id=row["product_price_id"],
        label=row["label"],
        description=row["description"],
        amount=row["amount"],
        currency=row["currency"],
        quantity=row["quantity"],
        proration=row["proration"],
        period=Period(row["start_timestamp"], row["end_timestamp"]),
        created_at=row["created_at"],
        charged_first=row["charged_first"],
    )


def order_to_row(order: SubscriptionOrder) -> dict[str, Any]:
    return {
        "organization_id": order.organization_id,
        "id": order.id,
        "subscription_id": order.subscription_id,
        "version": order.version,
        "reason": order.reason,
        "state": order.state.value,
        "occurred_at": order.occurred_at,
        "past_due_at": order.past_due_at,
        "exhausted_at": order.exhausted_at,
    }


def row_to_order(row: Row) -> SubscriptionOrder:
    return SubscriptionOrder(
        organization_id=row["organization_id"],
        id=row["id"],
        subscription_id=row["subscription_id"],
        version=row["version"],
        reason=row["reason"],
        state=OrderState(row["state"]),
        occurred_at=row["occurred_at"],
        past_due_at=row["past_due_at"],
        exhausted_at=row["exhausted_at"],
    )
