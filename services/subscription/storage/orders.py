"""What was heard of the orders of subscriptions, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from services.chassis.database import Transaction
from services.chassis.sql import Statement, bulk_insert
from services.subscription.domain.debt import SubscriptionOrder
from services.subscription.storage.entry_rows import order_to_row, row_to_order
from services.subscription.storage.keys import key_arrays
from services.subscription.storage.tables import subscription_order as table
from services.subscription.usecases.ports import SubscriptionKey

# The newest fact says how it stands; what an older one adds is kept, so that any order of arrival ends the same.
_HEAR = bulk_insert(
    table,
    suffix=(
        "on conflict (organization_id, id) do update set "
        "version = greatest(subscription_order.version, excluded.version), "
        "state = case when excluded.version > subscription_order.version then excluded.state else subscription_order.state end, "
        "occurred_at = greatest(subscription_order.occurred_at, excluded.occurred_at), "
        "past_due_at = least(subscription_order.past_due_at, excluded.past_due_at), "
        "exhausted_at = least(subscription_order.exhausted_at, excluded.exhausted_at)"
    ),
)
_UNPAID = Statement(
    "select o.* from unnest(%(organization_ids)s::uuid[], %(ids)s::uuid[]) as k (organization_id, id) join subscription_order o "
    "on o.organization_id = k.organization_id and o.subscription_id = k.id and (o.state = 'failed' or o.exhausted_at is not null) "
    "order by o.organization_id, o.id"
)


class StoredOrders:
    """The orders that one transaction sees."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def hear(self, orders: Sequence[SubscriptionOrder]) -> None:
        """Remember facts of orders, one an order; whoever hears of the same order waits for the commit."""
        await self._transaction.many(
            _HEAR, [order_to_row(order) for order in sorted(orders, key=lambda each: (each.organization_id, each.id))]
        )

    async def unpaid(self, keys: Collection[SubscriptionKey]) -> Mapping[UUID, list[SubscriptionOrder]]:
        """Those that failed, or were given up, by subscription."""
        found: dict[UUID, list[SubscriptionOrder]] = {}
        for row in await self._transaction.all(_UNPAID, **key_arrays(keys)):
            found.setdefault(row["subscription_id"], []).append(row_to_order(row))
        return found
