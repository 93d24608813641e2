"""First payments that need the buyer, in PostgreSQL. A row is the lock under which a subscription becomes incomplete, or expires."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import datetime

from services.chassis.database import Transaction
from services.chassis.sql import Statement, bulk_insert
from services.subscription.storage.keys import key_arrays
from services.subscription.storage.tables import first_payment as table
from services.subscription.usecases.ports import SubscriptionKey

_KNOWN = bulk_insert(table, suffix="on conflict do nothing")
_EXPIRE = bulk_insert(
    table,
    suffix="on conflict (organization_id, subscription_id) do update set expired_at = least(first_payment.expired_at, excluded.expired_at)",
)
_LOCK = Statement(
    "select f.* from first_payment f join unnest(%(organization_ids)s::uuid[], %(ids)s::uuid[]) as k (organization_id, id) "
    "on f.organization_id = k.organization_id and f.subscription_id = k.id order by f.organization_id, f.subscription_id for update of f"
)


class StoredFirstPayments:
    """The first payments that one transaction sees."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def lock(self, keys: Set[SubscriptionKey]) -> dict[SubscriptionKey, datetime | None]:
        """When their checkouts expired, as far as that was heard; nobody else hears of it until the transaction ends."""
        await self._transaction.many(_KNOWN, [_row(key, None) for key in sorted(keys)])
        found = await self._transaction.all(_LOCK, **key_arrays(keys))
        return {(row["organization_id"], row["subscription_id"]): row["expired_at"] for row in found}

    async def expire(self, expired_at: Mapping[SubscriptionKey, datetime]) -> None:
        """Their checkouts expired; whoever hears of the same ones waits for the commit."""
        await self._transaction.many(_EXPIRE, [_row(key, instant) for key, instant in sorted(expired_at.items())])


def _row(key: SubscriptionKey, expired_at: datetime | None) -> dict[str, object]:
    return {"organization_id": key[0], "subscription_id": key[1], "expired_at": expired_at}
