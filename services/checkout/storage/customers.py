"""Customers in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg.errors import UniqueViolation
from sqlalchemy import ARRAY, Uuid, bindparam, func, select

from services.chassis.database import Row, Transaction
from services.chassis.pagination import Page, counted, paged
from services.chassis.sql import BulkStatement, bulk_insert, bulk_update, compile_statement
from services.checkout.domain.customer import Customer, CustomerDetails, CustomerType
from services.checkout.domain.errors import CustomerEmailTaken, CustomerExternalIdTaken
from services.checkout.storage.documents import ADDRESS
from services.checkout.storage.filters import among, contains, has_entries, matching
from services.checkout.storage.tables import customer as table
from services.checkout.usecases.filters import CustomerFilter

_ALL = select(table)
_LIVE = _ALL.where(table.c.deleted_at.is_(None))
_EMAIL = func.lower(table.c.email)
_GET = compile_statement(_ALL.where(table.c.id == bindparam("id")))
# `key_share`: whoever only writes rows that refer to the customer need not wait.
_LOCK = compile_statement(_LIVE.where(table.c.id == bindparam("id")).with_for_update(key_share=True))
_AMONG = table.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid)))
_LOCK_MANY = compile_statement(_LIVE.where(_AMONG).order_by(table.c.id).with_for_update(key_share=True))
_LOCK_PAYERS = compile_statement(_ALL.where(_AMONG).order_by(table.c.id).with_for_update(key_share=True))
_DEFAULT_CARDS = compile_statement(
    select(table.c.id, table.c.default_payment_method_id).where(_AMONG, table.c.default_payment_method_id.is_not(None))
)
_BY_EMAIL = compile_statement(_LIVE.where(func.lower(bindparam("email", type_=table.c.email.type)) == _EMAIL))
_BY_EXTERNAL_ID = compile_statement(_LIVE.where(table.c.external_id == bindparam("external_id")))
_ADD = bulk_insert(table)
_FIXED = ("id", "organization_id", "created_at")
_SAVE = bulk_update(table, key=("id",), columns=[column.name for column in table.columns if column.name not in _FIXED])
_SORT = {"created_at": table.c.created_at, "email": _EMAIL, "name": func.coalesce(table.c.name, "")}


class StoredCustomers:
    """The customers that one transaction sees."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, customer: Customer) -> None:
        await self._write(_ADD, customer)

    async def get(self, customer_id: UUID) -> Customer | None:
        """Also one that is deleted."""
        row = await self._transaction.one(_GET, id=customer_id)
        return row_to_customer(row) if row else None

    async def by_external_id(self, external_id: str) -> Customer | None:
        row = await self._transaction.one(_BY_EXTERNAL_ID, external_id=external_id)
        return row_to_customer(row) if row else None

    async def by_email(self, email: str) -> Customer | None:
        row = await self._transaction.one(_BY_EMAIL, email=email)
        return row_to_customer(row) if row else None

    async def lock(self, customer_id: UUID) -> Customer | None:
        row = await self._transaction.one(_LOCK, id=customer_id)
        return row_to_customer(row) if row else None

    async def save(self, customer: Customer) -> None:
        await self._write(_SAVE, customer)

    async def lock_many(self, customer_ids: Sequence[UUID]) -> list[Customer]:
        """Those that are not deleted, in the order of their ids."""
        return [row_to_customer(row) for row in await self._transaction.all(_LOCK_MANY, ids=list(customer_ids))]

    async def save_many(self, customers: Sequence[Customer]) -> None:
        """Of customers whose address and external id stay."""
        await self._transaction.many(_SAVE, [customer_to_row(customer) for customer in customers])

    async def default_cards(self, customer_ids: Sequence[UUID]) -> dict[UUID, UUID]:
        rows = await self._transaction.all(_DEFAULT_CARDS, ids=list(customer_ids))
        return {row["id"]: row["default_payment_method_id"] for row in rows}

    async def lock_payers(self, customer_ids: Sequence[UUID]) -> dict[UUID, Customer]:
        """Also those that are deleted."""
        return {row["id"]: row_to_customer(row) for row in await self._transaction.all(_LOCK_PAYERS, ids=list(customer_ids))}

    async def page(self, organization_id: UUID, given: CustomerFilter, page: Page) -> tuple[list[Customer], str, int | None]:
        """One page, the token of the next, and if asked for how many match."""
        exact = among(_EMAIL, [given.email.lower()] if given.email else [])
        part = contains(given.query, table.c.email, table.c.name)
        query = matching(_LIVE, table.c.organization_id == organization_id, exact, part, has_entries(table.c.metadata, given.metadata))
        rows = await self._transaction.all(compile_statement(paged(query, page, _SORT[page.sort_key], table.c.id)))
        total = await self._transaction.one(compile_statement(counted(query))) if page.include_total else None
        return [row_to_customer(row) for row in rows[: page.size]], page.next_token(rows), total["total"] if total else None

    async def _write(self, statement: BulkStatement, customer: Customer) -> None:
        try:
            await self._transaction.many(statement, [customer_to_row(customer)])
        except UniqueViolation as error:
            if error.diag.constraint_name == "customer_external_id":
                raise CustomerExternalIdTaken from None
            raise CustomerEmailTaken from None


def customer_to_row(customer: Customer) -> dict[str, Any]:
    details = customer.details
    return {
        "id": customer.id,
        "organization_id": customer.organization_id,
        "external_id": details.external_id,
        "type": customer.type,
        "email": details.email,
        "email_verified": customer.email_verified,
        "name": details.name,
        "billing_name": details.billing_name,
        "billing_address": ADDRESS.dump(details.billing_address),
        "tax_id": details.tax_id,
        "locale": details.locale,
        "default_payment_method_id": customer.default_payment_method_id,
        "version": customer.version,
        "deleted_at": customer.deleted_at,
        "created_at": customer.created_at,
        "modified_at": customer.modified_at,
        "metadata": dict(details.metadata or {}),
    }


def row_to_customer(row: Row) -> Customer:
    details = CustomerDetails(
        email=row["email"],
        external_id=row["external_id"],
        name=row["name"],
        billing_name=row["billing_name"],
        billing_address=ADDRESS.load_optional(row["billing_address"]),
        tax_id=row["tax_id"],
        locale=row["locale"],
        metadata=row["metadata"],
    )
    return Customer(
        row["id"],
        row["organization_id"],
        CustomerType(row["type"]),
        details,
        row["email_verified"],
        row["default_payment_method_id"],
        row["version"],
        row["deleted_at"],
        row["created_at"],
        row["modified_at"],
    )
