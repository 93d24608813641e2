"""Orders with the names of what they refer to, oldest first, as files hold them."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import literal, select, tuple_

from services.chassis.database import Transaction
from services.chassis.sql import compile_statement
from services.checkout.storage.order_lists import chosen
from services.checkout.storage.tables import customer, orders, product
from services.checkout.usecases.filters import OrderFilter
from services.checkout.usecases.order_export import ExportedOrder

_ROW = (
    select(
        orders.c.id,
        orders.c.created_at,
        orders.c.status,
        orders.c.billing_reason,
        customer.c.email,
        customer.c.name.label("customer_name"),
        product.c.name.label("product_name"),
        orders.c.invoice_number,
        orders.c.billing_name,
        orders.c.billing_address["country"].astext.label("billing_country"),
        orders.c.currency,
        orders.c.subtotal_amount,
        orders.c.discount_amount,
        orders.c.net_amount,
        orders.c.tax_amount,
        orders.c.total_amount,
    )
    .select_from(orders)
    .join(customer, customer.c.id == orders.c.customer_id)
    .outerjoin(product, product.c.id == orders.c.product_id)
    .order_by(orders.c.created_at, orders.c.id)
)
_HERE = tuple_(orders.c.created_at, orders.c.id)
_FIRST = (datetime.min.replace(tzinfo=UTC), UUID(int=0))


async def orders_behind(
    transaction: Transaction, organization_id: UUID, given: OrderFilter, last: ExportedOrder | None, most: int
) -> list[ExportedOrder]:
    """The next rows after `last`; from the first on if there is none."""
    instant, order_id = (last.created_at, last.id) if last else _FIRST
    position = tuple_(literal(instant, orders.c.created_at.type), literal(order_id, orders.c.id.type))
    query = chosen(_ROW, organization_id, given).where(position < _HERE).limit(most)
    return [ExportedOrder(**row) for row in await transaction.all(compile_statement(query))]
