"""Numbers for orders that are being paid, in one statement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from services.checkout.domain.invoice import series_of_order
from services.checkout.domain.order import Order
from services.checkout.domain.organization import Organization
from services.checkout.usecases.ports import Store


async def draw_numbers(to_pay: Sequence[Order], organizations: Mapping[UUID, Organization], *, store: Store) -> dict[UUID, list[str]]:
    """By order: the invoice's number, and the receipt's if something was charged."""
    if not to_pay:
        return {}
    wanted = {
        order.id: series_of_order(organizations[order.organization_id], order.placement.customer_id, is_charged=bool(order.due_amount))
        for order in to_pay
    }
    counts = Counter(series for each in wanted.values() for series in each)
    drawn = {series: iter(numbers) for series, numbers in (await store.orders.draw_numbers(counts)).items()}
    return {order_id: [next(drawn[series]) for series in each] for order_id, each in wanted.items()}
