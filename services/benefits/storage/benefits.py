"""Benefits and the products that carry them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, delete, select

from services.benefits.domain.benefit import Benefit, Expiration, Kind, Properties, Visibility
from services.benefits.domain.convergence import Links
from services.benefits.domain.errors import BenefitNotFound
from services.benefits.storage.tables import benefit, product_benefit
from services.benefits.usecases.listing import BenefitFilter
from services.chassis.database import Row, Transaction
from services.chassis.pagination import Page, counted, paged
from services.chassis.sql import Statement, bulk_insert, bulk_update, compile_statement

_INSERT = bulk_insert(benefit)
_UPDATE = bulk_update(
    benefit, key=("id",), columns=("description", "visibility", "is_deleted", "properties", "metadata", "version", "modified_at")
)
_ONE = select(benefit).where(
    benefit.c.organization_id == bindparam("organization_id"), benefit.c.id == bindparam("id"), ~benefit.c.is_deleted
)
_GET = compile_statement(_ONE)
_LOCK = compile_statement(_ONE.with_for_update(key_share=True))
_LIVE = Statement(
    "select * from benefit where organization_id = %(organization_id)s and id = any(%(ids)s) and not is_deleted order by id for share"
)
_OF_PRODUCTS = Statement(
    "select l.product_id, b.* from product_benefit l join benefit b on b.id = l.benefit_id "
    "where l.product_id = any(%(ids)s) and not b.is_deleted order by l.product_id, l.position"
)
_PRODUCTS_WITH = Statement(
    "select product_id from product_benefit where organization_id = %(organization_id)s and benefit_id = %(benefit_id)s order by product_id"
)
_LINK = bulk_insert(product_benefit)
_UNLINK_PRODUCT = compile_statement(
    delete(product_benefit).where(
        product_benefit.c.organization_id == bindparam("organization_id"), product_benefit.c.product_id == bindparam("product_id")
    )
)
_UNLINK_BENEFIT = compile_statement(
    delete(product_benefit).where(
        product_benefit.c.organization_id == bindparam("organization_id"), product_benefit.c.benefit_id == bindparam("benefit_id")
    )
)
_SORT = {"created_at": benefit.c.created_at, "description": benefit.c.description, "type": benefit.c.kind}


class BenefitStore:
    """Rows of `benefit` and `product_benefit`."""

    async def add(self, transaction: Transaction, benefit: Benefit) -> None:
        """A new one."""
        await transaction.many(_INSERT, [benefit_to_row(benefit)])

    async def get(self, transaction: Transaction, organization_id: UUID, benefit_id: UUID) -> Benefit:
        """One that is not deleted. BenefitNotFound."""
        return _found(await transaction.one(_GET, organization_id=organization_id, id=benefit_id), benefit_id)

    async def lock(self, transaction: Transaction, organization_id: UUID, benefit_id: UUID) -> Benefit:
        """One that is not deleted, kept from others until the end of the transaction. BenefitNotFound."""
        return _found(await transaction.one(_LOCK, organization_id=organization_id, id=benefit_id), benefit_id)

    async def save(self, transaction: Transaction, benefit: Benefit) -> None:
        """A changed one."""
        await transaction.many(_UPDATE, [benefit_to_row(benefit)])

    async def live(self, transaction: Transaction, organization_id: UUID, benefit_ids: Sequence[UUID]) -> list[Benefit]:
        """Those of the ids that are there; they are not deleted before the end of the transaction."""
        return [row_to_benefit(row) for row in await transaction.all(_LIVE, organization_id=organization_id, ids=list(benefit_ids))]

    async def of_products(self, transaction: Transaction, product_ids: Collection[UUID]) -> Links:
        """What products carry, in their order."""
        if not product_ids:
            return {}
        links: defaultdict[UUID, list[Benefit]] = defaultdict(list)
        for row in await transaction.all(_OF_PRODUCTS, ids=list(product_ids)):
            links[row["product_id"]].append(row_to_benefit(row))
        return links

    async def products_with(self, transaction: Transaction, organization_id: UUID, benefit_id: UUID) -> list[UUID]:
        """The products that carry a benefit."""
        rows = await transaction.all(_PRODUCTS_WITH, organization_id=organization_id, benefit_id=benefit_id)
        return [row["product_id"] for row in rows]

    async def link(self, transaction: Transaction, organization_id: UUID, product_id: UUID, benefit_ids: Sequence[UUID]) -> None:
        """Have a product carry these and no others."""
        await transaction.execute(_UNLINK_PRODUCT, organization_id=organization_id, product_id=product_id)
        rows = [
            {"product_id": product_id, "benefit_id": benefit_id, "organization_id": organization_id, "position": position}
            for position, benefit_id in enumerate(benefit_ids)
        ]
        await transaction.many(_LINK, rows)

    async def unlink(self, transaction: Transaction, organization_id: UUID, benefit_id: UUID) -> None:
        """Have no product carry it."""
        await transaction.execute(_UNLINK_BENEFIT, organization_id=organization_id, benefit_id=benefit_id)

    async def page(
        self, transaction: Transaction, organization_id: UUID, wanted: BenefitFilter, page: Page
    ) -> tuple[list[Benefit], str, int | None]:
        """A page of those that are not deleted, the token of the next, and the total if asked for."""
        found = select(benefit).where(benefit.c.organization_id == organization_id, ~benefit.c.is_deleted, *_conditions(wanted))
        rows = await transaction.all(compile_statement(paged(found, page, _SORT[page.sort_key], benefit.c.id)))
        total = await transaction.one(compile_statement(counted(found))) if page.include_total else None
        return [row_to_benefit(row) for row in rows[: page.size]], page.next_token(rows), total["total"] if total else None


def _conditions(wanted: BenefitFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.query:
        yield benefit.c.description.icontains(wanted.query, autoescape=True)
    if wanted.kinds:
        yield benefit.c.kind.in_(wanted.kinds)
    if wanted.exclude_ids:
        yield benefit.c.id.not_in(wanted.exclude_ids)
    for key, value in wanted.metadata.items():
        yield benefit.c.metadata[key].astext == value


def row_to_benefit(row: Row) -> Benefit:
    properties = dict(row["properties"])
    expires = properties.pop("expires", None)
    return Benefit(
        id=row["id"],
        organization_id=row["organization_id"],
        kind=Kind(row["kind"]),
        description=row["description"],
        visibility=Visibility(row["visibility"]),
        is_deleted=row["is_deleted"],
        properties=Properties(**properties, expires=Expiration(**expires) if expires else None),
        metadata=row["metadata"],
        version=row["version"],
        created_at=row["created_at"],
        modified_at=row["modified_at"],
    )


def benefit_to_row(benefit: Benefit) -> dict[str, object]:
    row = {name: getattr(benefit, name) for name in benefit.__slots__}
    return {**row, "properties": {name: value for name, value in asdict(benefit.properties).items() if value}}


def _found(row: Row | None, benefit_id: UUID) -> Benefit:
    if row is None:
        raise BenefitNotFound(benefit_id)
    return row_to_benefit(row)
