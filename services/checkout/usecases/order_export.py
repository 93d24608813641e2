"""Orders as a file: what a row is made of, and its columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.chassis.csv_export import Cell, Table
from services.chassis.money import Money


@dataclass(frozen=True, slots=True)
class ExportedOrder:
    """An order with the names of what it refers to."""

    id: UUID
    created_at: datetime
    status: str
    billing_reason: str
    email: str
    customer_name: str | None
    product_name: str | None
    invoice_number: str | None
    billing_name: str | None
    billing_country: str | None
    currency: str
    subtotal_amount: int
    discount_amount: int
    net_amount: int
    tax_amount: int
    total_amount: int


def _amount(name: str) -> Callable[[ExportedOrder], Cell]:
    return lambda order: Money(order.currency, getattr(order, name))


ORDERS: Table[ExportedOrder] = Table(
    {
        "email": lambda order: order.email,
        "created_at": lambda order: order.created_at,
        "product": lambda order: order.product_name,
        "net_amount": _amount("net_amount"),
        "currency": lambda order: order.currency.upper(),
        "status": lambda order: order.status,
        "invoice_number": lambda order: order.invoice_number,
        "customer_name": lambda order: order.customer_name,
        "billing_name": lambda order: order.billing_name,
        "billing_country": lambda order: order.billing_country,
        "subtotal_amount": _amount("subtotal_amount"),
        "discount_amount": _amount("discount_amount"),
        "tax_amount": _amount("tax_amount"),
        "total_amount": _amount("total_amount"),
        # Nothing is paid back by the suite yet.
        "refunded_amount": lambda order: Money(order.currency, 0),
        "billing_reason": lambda order: order.billing_reason,
    },
    usual=7,
)
