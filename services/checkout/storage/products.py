"""Products and their prices in PostgreSQL. A product is read with all its prices in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Uuid, bindparam, cast, func, select

from services.chassis.database import Row, Transaction
from services.chassis.pagination import Page, counted, paged
from services.chassis.sql import bulk_insert, bulk_update, compile_statement
from services.checkout.domain.interval import Interval, IntervalUnit
from services.checkout.domain.price import Price, TaxBehavior
from services.checkout.domain.product import Product, ProductTerms, Visibility
from services.checkout.storage.documents import PRICE_AMOUNT
from services.checkout.storage.filters import among, contains, has_entries, matching
from services.checkout.storage.tables import product as table
from services.checkout.storage.tables import product_price as prices
from services.checkout.usecases.filters import ProductFilter

_PRICE_OF = "price_of_"
_WITH_PRICES = (
    select(table, *(column.label(_PRICE_OF + column.name) for column in prices.columns))
    .select_from(table.join(prices, prices.c.product_id == table.c.id))
    .where(table.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid))))
    .order_by(table.c.id, prices.c.position)
)
_MANY = compile_statement(_WITH_PRICES)
_LOCK = compile_statement(_WITH_PRICES.with_for_update(of=table))
_ADD = bulk_insert(table)
_ADD_PRICES = bulk_insert(prices)
_FIXED = ("id", "organization_id", "recurring_interval", "recurring_interval_count", "created_at")
_SAVE = bulk_update(table, key=("id",), columns=[column.name for column in table.columns if column.name not in _FIXED])
_ARCHIVE_PRICES = bulk_update(prices, key=("id",), columns=("is_archived",))
_FIRST_PRICE = (
    select(prices.c.amount_type)
    .where(prices.c.product_id == table.c.id, prices.c.is_archived.is_(False))
    .order_by(prices.c.position)
    .limit(1)
    .correlate(table)
)
# What a price of each kind is told to cost: fixed, the least that may be chosen, one seat or unit.
_AMOUNT = cast(
    func.coalesce(
        prices.c.amount["price_amount"].astext,
        prices.c.amount["minimum_amount"].astext,
        prices.c.amount["tiers"][0]["unit_amount"].astext,
    ),
    BigInteger,
)
_SORT: dict[str, ColumnElement[Any]] = {
    "created_at": table.c.created_at,
    "name": table.c.name,
    "price_amount_type": _FIRST_PRICE.scalar_subquery(),
    "price_amount": _FIRST_PRICE.with_only_columns(_AMOUNT).scalar_subquery(),
}


class StoredProducts:
    """The products that one transaction sees."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, product: Product) -> None:
        await self._transaction.many(_ADD, [product_to_row(product)])
        await self._transaction.many(_ADD_PRICES, prices_to_rows(product))

    async def many(self, product_ids: Sequence[UUID]) -> dict[UUID, Product]:
        """Those that exist, by id."""
        return _products(await self._transaction.all(_MANY, ids=list(product_ids)))

    async def lock(self, product_id: UUID) -> Product | None:
        return _products(await self._transaction.all(_LOCK, ids=[product_id])).get(product_id)

    async def save(self, product: Product) -> None:
        """Prices never change but for being archived; new ones are added."""
        known = {price.id for price in (await self.many([product.id]))[product.id].prices}
        rows = prices_to_rows(product)
        await self._transaction.many(_SAVE, [product_to_row(product)])
        await self._transaction.many(_ARCHIVE_PRICES, [row for row in rows if row["id"] in known])
        await self._transaction.many(_ADD_PRICES, [row for row in rows if row["id"] not in known])

    async def page(self, organization_id: UUID, given: ProductFilter, page: Page) -> tuple[list[Product], str, int | None]:
        """One page, the token of the next, and if asked for how many match."""
        query = matching(
            select(table.c.id),
            table.c.organization_id == organization_id,
            contains(given.query, table.c.name),
            None if given.is_archived is None else table.c.is_archived.is_(given.is_archived),
            None if given.is_recurring is None else table.c.recurring_interval.is_not(None).is_(given.is_recurring),
            among(table.c.visibility, given.visibilities),
            has_entries(table.c.metadata, given.metadata),
        )
        rows = await self._transaction.all(compile_statement(paged(query, page, _SORT[page.sort_key], table.c.id)))
        total = await self._transaction.one(compile_statement(counted(query))) if page.include_total else None
        found = await self.many([row["id"] for row in rows[: page.size]])
        return [found[row["id"]] for row in rows[: page.size]], page.next_token(rows), total["total"] if total else None


def _products(rows: Sequence[Row]) -> dict[UUID, Product]:
    """The products of rows that hold a price each, with its columns behind `price_of_`."""
    found: dict[UUID, tuple[Row, list[Price]]] = {}
    for row in rows:
        price = {name.removeprefix(_PRICE_OF): value for name, value in row.items() if name.startswith(_PRICE_OF)}
        found.setdefault(row["id"], (row, []))[1].append(row_to_price(price))
    return {product_id: row_to_product(row, own_prices) for product_id, (row, own_prices) in found.items()}


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
            "amount_type": price.amount.amount_type,
            "amount": PRICE_AMOUNT.dump(price.amount),
            "tax_behavior": price.tax_behavior,
            "is_archived": price.is_archived,
            "created_at": price.created_at,
        }
        for position, price in enumerate(product.prices)
    ]


def row_to_price(row: Mapping[str, Any]) -> Price:
    behavior = TaxBehavior(row["tax_behavior"]) if row["tax_behavior"] else None
    amount = PRICE_AMOUNT.load(row["amount"])
    return Price(row["id"], row["product_id"], row["currency"], amount, behavior, row["is_archived"], row["created_at"])


def _interval(unit: str | None, count: int | None) -> Interval | None:
    return Interval(IntervalUnit(unit), count) if unit and count else None
