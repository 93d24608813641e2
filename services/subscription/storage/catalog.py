"""Our copies of products and discounts in PostgreSQL; the version tells old from new."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from services.chassis.database import Transaction
from services.chassis.sql import Statement, bulk_insert
from services.subscription.domain.catalog import CatalogProduct, KnownDiscount
from services.subscription.storage.documents import PRODUCT
from services.subscription.storage.keys import key_arrays
from services.subscription.storage.tables import discount, product

_KEEP_PRODUCTS = bulk_insert(
    product,
    suffix="on conflict (organization_id, id) do update set version = excluded.version, name = excluded.name, details = excluded.details "
    "where product.version < excluded.version",
)
_KEEP_DISCOUNTS = bulk_insert(
    discount,
    suffix="on conflict (organization_id, id) do update set version = excluded.version, name = excluded.name "
    "where discount.version < excluded.version",
)
_PRODUCTS = Statement(
    "select p.details from unnest(%(organization_ids)s::uuid[], %(ids)s::uuid[]) as k (organization_id, id) "
    "join product p on p.organization_id = k.organization_id and p.id = k.id"
)


class StoredCatalog:
    """The products and discounts that one transaction sees."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def products(self, keys: Collection[tuple[UUID, UUID]]) -> Mapping[tuple[UUID, UUID], CatalogProduct]:
        """Those that facts have told of, by organization and id."""
        if not keys:
            return {}
        found = [PRODUCT.load(row["details"]) for row in await self._transaction.all(_PRODUCTS, **key_arrays(keys))]
        return {(each.organization_id, each.id): each for each in found}

    async def keep_products(self, products: Sequence[CatalogProduct]) -> None:
        """Newer than what is there."""
        newest = {(each.organization_id, each.id): each for each in sorted(products, key=lambda each: each.version)}
        rows = [
            {"organization_id": key[0], "id": key[1], "version": each.version, "name": each.name, "details": PRODUCT.dump(each)}
            for key, each in sorted(newest.items())
        ]
        await self._transaction.many(_KEEP_PRODUCTS, rows)

    async def keep_discounts(self, discounts: Sequence[KnownDiscount]) -> None:
        """Newer than what is there."""
        newest = {(each.organization_id, each.id): each for each in sorted(discounts, key=lambda each: each.version)}
        rows = [
            {"organization_id": key[0], "id": key[1], "version": each.version, "name": each.name} for key, each in sorted(newest.items())
        ]
        await self._transaction.many(_KEEP_DISCOUNTS, rows)
