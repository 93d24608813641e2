"""Which products there are, and the locks under which their benefits are read and changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from services.benefits.storage.tables import product
from services.chassis.database import Transaction
from services.chassis.sql import Statement, bulk_insert

_KNOWN = Statement("select 1 as known from product where organization_id = %(organization_id)s and id = %(id)s")
_ENSURE = bulk_insert(product, suffix="on conflict do nothing")
_LOCK = Statement("select 1 from product where id = any(%(ids)s) order by id for no key update")
_LOCK_SHARED = Statement("select 1 from product where id = any(%(ids)s) order by id for share")


class ProductStore:
    """Rows of `product`: a copy of which products exist."""

    async def is_known(self, transaction: Transaction, organization_id: UUID, product_id: UUID) -> bool:
        """Whether the organization has it."""
        return await transaction.one(_KNOWN, organization_id=organization_id, id=product_id) is not None

    async def ensure(self, transaction: Transaction, products: Mapping[UUID, UUID]) -> None:
        """Have a row for each product (id → organization)."""
        rows = [{"id": product_id, "organization_id": products[product_id]} for product_id in sorted(products)]
        await transaction.many(_ENSURE, rows)

    async def lock(self, transaction: Transaction, product_ids: Collection[UUID]) -> None:
        """Nobody reads or changes what these carry until the end of the transaction."""
        await transaction.execute(_LOCK, ids=list(product_ids))

    async def lock_shared(self, transaction: Transaction, product_ids: Collection[UUID]) -> None:
        """Nobody changes what these carry until the end of the transaction."""
        await transaction.execute(_LOCK_SHARED, ids=list(product_ids))
