"""Discounts and their redemptions in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg.errors import UniqueViolation
from sqlalchemy import bindparam, func, select

from services.chassis.database import Row, Transaction
from services.chassis.pagination import Page, counted, paged
from services.chassis.sql import Statement, bulk_insert, bulk_update, compile_statement
from services.checkout.domain.discount import Discount, DiscountDuration, DiscountTerms
from services.checkout.domain.errors import DiscountCodeTaken, DiscountExhausted
from services.checkout.storage.filters import contains, matching
from services.checkout.storage.tables import discount as table
from services.checkout.storage.tables import discount_redemption as redemptions
from services.checkout.usecases.catalog_ports import Redemption
from services.pricing.reduction import FixedReduction, Percentage

_LIVE = select(table).where(table.c.deleted_at.is_(None))
_GET = compile_statement(_LIVE.where(table.c.id == bindparam("id")))
_LOCK = compile_statement(_LIVE.where(table.c.id == bindparam("id")).with_for_update())
_LOCK_MANY = Statement("select 1 from discount where id = any(%(ids)s::uuid[]) order by id for no key update")
_BY_CODE = compile_statement(_LIVE.where(func.lower(table.c.code) == func.lower(bindparam("code", type_=table.c.code.type))))
_ADD = bulk_insert(table)
# The count belongs to redemptions, which change it without reading the discount first.
_FIXED = ("id", "organization_id", "redemptions_count", "duration", "created_at")
_SAVE = bulk_update(table, key=("id",), columns=[column.name for column in table.columns if column.name not in _FIXED])
# The row stays locked until the commit, so rivals for the last redemption wait here and then find none left.
_COUNT_UP = Statement(
    "update discount set redemptions_count = redemptions_count + 1 where id = %(id)s and deleted_at is null "
    "and (max_redemptions is null or redemptions_count < max_redemptions) returning max_redemptions_per_customer"
)
_COUNT_OF_CUSTOMER = Statement(
    "select count(*) as count from discount_redemption where discount_id = %(discount_id)s "
    "and (customer_id = %(customer_id)s or person = %(person)s)"
)
_REDEEM = bulk_insert(redemptions, suffix="on conflict do nothing returning discount_id")
_RELEASE = Statement("delete from discount_redemption where checkout_id = any(%(ids)s::uuid[]) returning discount_id")
_COUNT_BY = Statement(
    "update discount set redemptions_count = greatest(0, redemptions_count + u.amount) "
    "from unnest(%(ids)s::uuid[], %(amounts)s::integer[]) as u(id, amount) where discount.id = u.id"
)
_SORT = {
    "created_at": table.c.created_at,
    "name": table.c.name,
    "code": func.coalesce(table.c.code, ""),
    "redemptions_count": table.c.redemptions_count,
    "ends_at": func.coalesce(table.c.ends_at, func.to_timestamp(0)),
}


class StoredDiscounts:
    """The discounts that one transaction sees."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, discount: Discount) -> None:
        """DiscountCodeTaken."""
        try:
            await self._transaction.many(_ADD, [discount_to_row(discount)])
        except UniqueViolation:
            raise DiscountCodeTaken from None

    async def get(self, discount_id: UUID) -> Discount | None:
        row = await self._transaction.one(_GET, id=discount_id)
        return row_to_discount(row) if row else None

    async def by_code(self, code: str) -> Discount | None:
        row = await self._transaction.one(_BY_CODE, code=code)
        return row_to_discount(row) if row else None

    async def lock(self, discount_id: UUID) -> Discount | None:
        row = await self._transaction.one(_LOCK, id=discount_id)
        return row_to_discount(row) if row else None

    async def lock_many(self, discount_ids: Sequence[UUID]) -> None:
        await self._transaction.all(_LOCK_MANY, ids=list(discount_ids))

    async def save(self, discount: Discount) -> None:
        """DiscountCodeTaken."""
        try:
            await self._transaction.many(_SAVE, [discount_to_row(discount)])
        except UniqueViolation:
            raise DiscountCodeTaken from None

    async def count_of_customer(self, redemption: Redemption) -> int:
        row = await self._transaction.one(_COUNT_OF_CUSTOMER, **redemption_to_row(redemption))
        return row["count"] if row else 0

    async def redeem(self, redemption: Redemption) -> None:
        counted_up = await self._transaction.one(_COUNT_UP, id=redemption.discount_id)
        if counted_up is None:
            raise DiscountExhausted
        limit = counted_up["max_redemptions_per_customer"]
        if limit is not None and await self.count_of_customer(redemption) >= limit:
            raise DiscountExhausted
        if not await self._transaction.many(_REDEEM, [redemption_to_row(redemption)]):
            # A request of a subscription that was heard so long ago that nobody remembers its answer.
            await self._count([{"discount_id": redemption.discount_id}], -1)

    async def redeem_again(self, redemptions: Sequence[Redemption]) -> None:
        rows = await self._transaction.many(_REDEEM, [redemption_to_row(redemption) for redemption in redemptions])
        await self._count(rows, 1)

    async def release(self, checkout_ids: Sequence[UUID]) -> None:
        if checkout_ids:
            await self._count(await self._transaction.all(_RELEASE, ids=list(checkout_ids)), -1)

    async def page(self, organization_id: UUID, query_text: str, page: Page) -> tuple[list[Discount], str, int | None]:
        """One page, the token of the next, and if asked for how many match."""
        query = matching(_LIVE, table.c.organization_id == organization_id, contains(query_text, table.c.name, table.c.code))
        rows = await self._transaction.all(compile_statement(paged(query, page, _SORT[page.sort_key], table.c.id)))
        total = await self._transaction.one(compile_statement(counted(query))) if page.include_total else None
        return [row_to_discount(row) for row in rows[: page.size]], page.next_token(rows), total["total"] if total else None

    async def _count(self, rows: Sequence[Row], step: int) -> None:
        amounts: dict[UUID, int] = {}
        for row in rows:
            amounts[row["discount_id"]] = amounts.get(row["discount_id"], 0) + step
        if amounts:
            ids = sorted(amounts)
            await self._transaction.execute(_COUNT_BY, ids=ids, amounts=[amounts[each] for each in ids])


def discount_to_row(discount: Discount) -> dict[str, Any]:
    terms = discount.terms
    return {
        "id": discount.id,
        "organization_id": discount.organization_id,
        "name": terms.name,
        "code": terms.code,
        "basis_points": terms.reduction.basis_points if isinstance(terms.reduction, Percentage) else None,
        "amounts": dict(terms.reduction.amounts) if isinstance(terms.reduction, FixedReduction) else None,
        "duration": terms.duration,
        "duration_in_months": terms.duration_in_months,
        "starts_at": terms.starts_at,
        "ends_at": terms.ends_at,
        "max_redemptions": terms.max_redemptions,
        "max_redemptions_per_customer": terms.max_redemptions_per_customer,
        "redemptions_count": discount.redemptions_count,
        "product_ids": [str(product_id) for product_id in terms.product_ids],
        "version": discount.version,
        "deleted_at": discount.deleted_at,
        "created_at": discount.created_at,
        "modified_at": discount.modified_at,
        "metadata": dict(terms.metadata),
    }


def row_to_discount(row: Mapping[str, Any]) -> Discount:
    terms = DiscountTerms(
        name=row["name"],
        code=row["code"],
        reduction=Percentage(row["basis_points"]) if row["amounts"] is None else FixedReduction(row["amounts"]),
        duration=DiscountDuration(row["duration"]),
        duration_in_months=row["duration_in_months"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        max_redemptions=row["max_redemptions"],
        max_redemptions_per_customer=row["max_redemptions_per_customer"],
        product_ids=tuple(UUID(product_id) for product_id in row["product_ids"]),
        metadata=row["metadata"],
    )
    return Discount(
        row["id"],
        row["organization_id"],
        terms,
        row["redemptions_count"],
        row["version"],
        row["deleted_at"],
        row["created_at"],
        row["modified_at"],
    )


def redemption_to_row(redemption: Redemption) -> dict[str, Any]:
    return {
        "checkout_id": redemption.checkout_id,
        "subscription_id": redemption.subscription_id,
        "request_id": redemption.request_id,
        "organization_id": redemption.organization_id,
        "discount_id": redemption.discount_id,
        "customer_id": redemption.customer_id,
        "person": redemption.person,
        "created_at": redemption.created_at,
    }
