"""Products and their prices in PostgreSQL. A product is read with all its prices in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, func, select

from services.chassis.database import Row, Transaction
from services.chassis.pagination import Page, counted, paged
from services.chassis.sql import bulk_insert, bulk_update, compile_statement
from services.checkout.domain.interval import Interval, IntervalUnit
from services.checkout.domain.price import CustomAmount, FixedAmount, Price, TaxBehavior
from services.checkout.domain.product import Product, ProductTerms, Visibility
from services.checkout.storage.filters import contains, matching
from services.checkout.storage.tables import product as table
from services.checkout.storage.tables import product_price as prices
from services.checkout.usecases.filters import ProductFilter

_IDS = bindparam("ids", type_=ARRAY(Uuid))
_MANY = compile_statement(select(table).where(table.c.id == func.any(_IDS)))
_PRICES = compile_statement(select(prices).where(prices.c.product_id == func.any(_IDS)).order_by(prices.c.product_id, prices.c.position))
_LOCK = compile_statement(select(table).where(table.c.id == bindparam("id")).with_for_update())
_ADD = bulk_insert(table)
_ADD_PRICES = bulk_insert(prices)
_FIXED = ("id", "organization_id", "recurring_interval", "recurring_interval_count", "created_at")
_SAVE = bulk_update(table, key=("id",), columns=[column.name for column in table.columns if column.name not in _FIXED])
_ARCHIVE_PRICES = bulk_update(prices, key=("id",), columns=("is_archived",))
_SORT = {"created_at": table.c.created_at, "name": table.c.name}


class StoredProducts:
    """The products that one transaction sees."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, product: Product) -> None:
        await self._transaction.many(_ADD, [product_to_row(product)])
        await self._transaction.many(_ADD_PRICES, prices_to_rows(product))

    async def many(self, product_ids: Sequence[UUID]) -> dict[UUID, Product]:
        """Those that exist, by id."""
        rows = await self._transaction.all(_MANY, ids=list(product_ids))
        return {product.id: product for product in await self._with_prices(rows)}

    async def lock(self, product_id: UUID) -> Product | None:
        row = await self._transaction.one(_LOCK, id=product_id)
        return (await self._with_prices([row]))[0] if row else None

    async def save(self, product: Product) -> None:
        """Prices never change but for being archived; new ones are added."""
        known = {row["id"] for row in await self._transaction.all(_PRICES, ids=[product.id])}
        rows = prices_to_rows(product)
        await self._transaction.many(_SAVE, [product_to_row(product)])
        await self._transaction.many(_ARCHIVE_PRICES, [row for row in rows if row["id"] in known])
        await self._transaction.many(_ADD_PRICES, [row for row in rows if row["id"] not in known])

    async def page(self, given: ProductFilter, page: Page) -> tuple[list[Product], str, int | None]:
        """One page, the token of the next, and if asked for how many match."""
        query = matching(
            select(table),
            contains(given.query, table.c.name),
            None if given.is_archived is None else table.c.is_archived.is_(given.is_archived),
            None if given.is_recurring is None else table.c.recurring_interval.is_not(None).is_(given.is_recurring),
        )
        rows = await self._transaction.all(compile_statement(paged(query, page, _SORT[page.sort_key], table.c.id)))
        total = await self._transaction.one(compile_statement(counted(query))) if page.include_total else None
        return await self._with_prices(rows[: page.size]), page.next_token(rows), total["total"] if total else None

    async def _with_prices(self, rows: Sequence[Row]) -> list[Product]:
        if not rows:
            return []
        by_product: dict[UUID, list[Price]] = {row["id"]: [] for row in rows}
        for row in await self._transaction.all(_PRICES, ids=list(by_product)):
            by_product[row["product_id"]].append(row_to_price(row))
        return [row_to_product(row, by_product[row["id"]]) for row in rows]


def product_to_row(product: Product) -> dict[str, Any]:
    terms = product.terms
    return {
        "id": product.id,
        "organization_id": product.organization_id,
        "name": terms.name,
        "description": terms.description,
        "visibility": terms.visibility,
        "is_archived": terms.is_archived,
        "recurring_interval": terms.recurring and terms.recurring.unit,
        "recurring_interval_count": terms.recurring and terms.recurring.count,
        "trial_interval": terms.trial and terms.trial.unit,
        "trial_interval_count": terms.trial and terms.trial.count,
        "version": product.version,
        "created_at": product.created_at,
        "modified_at": product.modified_at,
        "metadata": dict(terms.metadata),
    }


def row_to_product(row: Row, product_prices: Sequence[Price]) -> Product:
    terms = ProductTerms(
        name=row["name"],
        description=row["description"],
        visibility=Visibility(row["visibility"]),
        is_archived=row["is_archived"],
        recurring=_interval(row["recurring_interval"], row["recurring_interval_count"]),
        trial=_interval(row["trial_interval"], row["trial_interval_count"]),
        metadata=row["metadata"],
    )
    return Product(row["id"], row["organization_id"], terms, tuple(product_prices), row["version"], row["created_at"], row["modified_at"])


def prices_to_rows(product: Product) -> list[dict[str, Any]]:
    return [
        {
            "id": price.id,
            "organization_id": product.organization_id,
            "product_id": product.id,
            "position": position,
            "currency": price.currency,
            "amount_type": "fixed" if isinstance(price.amount, FixedAmount) else "custom",
            "price_amount": price.amount.price_amount if isinstance(price.amount, FixedAmount) else None,
            "minimum_amount": price.amount.minimum_amount if isinstance(price.amount, CustomAmount) else None,
            "maximum_amount": price.amount.maximum_amount if isinstance(price.amount, CustomAmount) else None,
            "preset_amount": price.amount.preset_amount if isinstance(price.amount, CustomAmount) else None,
            "tax_behavior": price.tax_behavior,
            "is_archived": price.is_archived,
            "created_at": price.created_at,
        }
        for position, price in enumerate(product.prices)
    ]


def row_to_price(row: Row) -> Price:
    amount: FixedAmount | CustomAmount = (
        FixedAmount(row["price_amount"])
        if row["amount_type"] == "fixed"
        else CustomAmount(row["minimum_amount"], row["maximum_amount"], row["preset_amount"])
    )
    behavior = TaxBehavior(row["tax_behavior"]) if row["tax_behavior"] else None
    return Price(row["id"], row["product_id"], row["currency"], amount, behavior, row["is_archived"], row["created_at"])


def _interval(unit: str | None, count: int | None) -> Interval | None:
    return Interval(IntervalUnit(unit), count) if unit and count else None
