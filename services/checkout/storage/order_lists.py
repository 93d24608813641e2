"""Which orders a list or a file holds, and in which order."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table, func, select

from services.chassis.database import Row, Transaction
from services.chassis.pagination import Page, counted, paged
from services.chassis.sql import compile_statement
from services.checkout.storage.filters import among, has_entries, matching
from services.checkout.storage.tables import customer, discount, orders, product
from services.checkout.usecases.filters import OrderFilter

_NULLABLE = ("invoice_number", "product", "discount", "subscription")
_SORT: dict[str, ColumnElement[Any]] = {
    "created_at": orders.c.created_at,
    "status": orders.c.status,
    "invoice_number": orders.c.invoice_number,
    "total_amount": orders.c.total_amount,
    "net_amount": orders.c.net_amount,
    "customer": func.lower(customer.c.email),
    "product": product.c.name,
    "discount": discount.c.name,
    "subscription": orders.c.subscription_id,
}
_JOINED: dict[str, Table] = {"customer": customer, "product": product, "discount": discount}


async def page_of_orders(transaction: Transaction, organization_id: UUID, given: OrderFilter, page: Page) -> tuple[list[Row], int | None]:
    """Rows with `id` and `page_key`, one more than the page holds if there are more, and if asked for how many match in all."""
    query = chosen(select(orders.c.id), organization_id, given)
    other = _JOINED.get(page.sort_key)
    sorted_by = query if other is None else query.outerjoin_from(orders, other, other.c.id == orders.c[f"{page.sort_key}_id"])
    nullable = page.sort_key in _NULLABLE
    rows = await transaction.all(compile_statement(paged(sorted_by, page, _SORT[page.sort_key], orders.c.id, nullable=nullable)))
    total = await transaction.one(compile_statement(counted(query))) if page.include_total else None
    return rows, total["total"] if total else None


def chosen(query: Select[Any], organization_id: UUID, given: OrderFilter) -> Select[Any]:
    """A query of orders with the conditions of a filter."""
    return matching(
        query,
        orders.c.organization_id == organization_id,
        among(orders.c.product_id, given.product_ids),
        among(orders.c.customer_id, given.customer_ids),
        among(orders.c.discount_id, given.discount_ids),
        among(orders.c.checkout_id, given.checkout_ids),
        among(orders.c.subscription_id, given.subscription_ids),
        _of_external_customers(given),
        among(orders.c.status, given.statuses),
        among(orders.c.billing_reason, given.billing_reasons),
        _of_products(given.is_recurring),
        None if given.created_after is None else orders.c.created_at >= given.created_after,
        None if given.created_before is None else orders.c.created_at < given.created_before,
        has_entries(orders.c.metadata, given.metadata),
    )


def _of_external_customers(given: OrderFilter) -> ColumnElement[bool] | None:
    """By what the customer is called now: a customer may get its external id after an order."""
    wanted = among(customer.c.external_id, given.external_customer_ids)
    return None if wanted is None else orders.c.customer_id.in_(select(customer.c.id).where(wanted))


def _of_products(is_recurring: bool | None) -> ColumnElement[bool] | None:
    if is_recurring is None:
        return None
    recurring = select(product.c.id).where(product.c.id == orders.c.product_id, product.c.recurring_interval.is_not(None)).exists()
    return recurring if is_recurring else ~recurring
