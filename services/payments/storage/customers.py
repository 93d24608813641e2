"""The processor's customers as rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.chassis.database import Row, Transaction
from services.chassis.sql import Statement
from services.payments.domain.customer import Customer

_COLUMNS = "organization_id, customer_id, processor_id, email, name"
_ADD = Statement(
    f"insert into processor_customer ({_COLUMNS}, created_at) "
    "select organization_id, customer_id, null, email, name, %(now)s "
    "from unnest(%(organization_ids)s::uuid[], %(customer_ids)s::uuid[], %(emails)s::text[], %(names)s::text[]) "
    "as u(organization_id, customer_id, email, name) order by organization_id, customer_id on conflict do nothing"
)
_OF = Statement(
    f"select {_COLUMNS} from processor_customer join unnest(%(organization_ids)s::uuid[], %(customer_ids)s::uuid[]) "
    "as u(organization_id, customer_id) using (organization_id, customer_id)"
)
_MADE = Statement(
    "update processor_customer set processor_id = %(processor_id)s "
    "where organization_id = %(organization_id)s and customer_id = %(customer_id)s and processor_id is null"
)
_FORGET = Statement(
    "delete from processor_customer where organization_id = %(organization_id)s and customer_id = %(customer_id)s and processor_id is null"
)


class CustomerRows:
    """The repository of the processor's customers."""

    async def ensure(self, transaction: Transaction, customers: Sequence[Customer], now: datetime) -> dict[UUID, Customer]:
        await transaction.execute(
            _ADD,
            now=now,
            organization_ids=[each.organization_id for each in customers],
            customer_ids=[each.customer_id for each in customers],
            emails=[each.email for each in customers],
            names=[each.name for each in customers],
        )
        return await self.of(transaction, [(each.organization_id, each.customer_id) for each in customers])

    async def of(self, transaction: Transaction, keys: Sequence[tuple[UUID, UUID]]) -> dict[UUID, Customer]:
        rows = await transaction.all(_OF, organization_ids=[key[0] for key in keys], customer_ids=[key[1] for key in keys])
        return {row["customer_id"]: _row_to_customer(row) for row in rows}

    async def made(self, transaction: Transaction, customer: Customer, processor_id: str) -> None:
        await transaction.execute(
            _MADE, organization_id=customer.organization_id, customer_id=customer.customer_id, processor_id=processor_id
        )

    async def forget(self, transaction: Transaction, customer: Customer) -> None:
        await transaction.execute(_FORGET, organization_id=customer.organization_id, customer_id=customer.customer_id)


def _row_to_customer(row: Row) -> Customer:
    return Customer(row["organization_id"], row["customer_id"], row["email"], row["name"], row["processor_id"])
