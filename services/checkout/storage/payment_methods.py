"""What was heard of customers' payment methods in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, func, select

from services.chassis.database import Transaction
from services.chassis.sql import bulk_insert, compile_statement
from services.checkout.domain.payment_method import PaymentMethod
from services.checkout.storage.tables import customer_payment_method as table

_KEEP = bulk_insert(
    table,
    suffix="on conflict (organization_id, customer_id, id) do update set "
    "is_default = case when excluded.version > customer_payment_method.version "
    "then excluded.is_default else customer_payment_method.is_default end, "
    "version = greatest(customer_payment_method.version, excluded.version), "
    "is_gone = customer_payment_method.is_gone or excluded.is_gone, "
    "fingerprint = coalesce(customer_payment_method.fingerprint, excluded.fingerprint)",
)
_OF_CUSTOMERS = compile_statement(
    select(table).where(
        table.c.organization_id == func.any(bindparam("organization_ids", type_=ARRAY(Uuid))),
        table.c.customer_id == func.any(bindparam("customer_ids", type_=ARRAY(Uuid))),
    )
)

_MANY = compile_statement(
    select(table).where(
        table.c.organization_id == func.any(bindparam("organization_ids", type_=ARRAY(Uuid))),
        table.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid))),
    )
)


class StoredPaymentMethods:
    """The payment methods that one transaction sees."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def keep(self, methods: Sequence[PaymentMethod]) -> None:
        await self._transaction.many(_KEEP, [asdict(method) for method in methods])

    async def of_customers(self, organization_ids: Sequence[UUID], customer_ids: Sequence[UUID]) -> list[PaymentMethod]:
        rows = await self._transaction.all(_OF_CUSTOMERS, organization_ids=list(organization_ids), customer_ids=list(customer_ids))
        return [PaymentMethod(**row) for row in rows]

    async def many(self, organization_ids: Collection[UUID], payment_method_ids: Collection[UUID]) -> dict[UUID, PaymentMethod]:
        rows = await self._transaction.all(_MANY, organization_ids=list(organization_ids), ids=list(payment_method_ids))
        return {row["id"]: PaymentMethod(**row) for row in rows}
