"""The hot read: one prepared statement in autocommit, tuples instead of dictionaries, nothing composed at run time."""

from __future__ import annotations

from uuid import UUID

from psycopg.rows import tuple_row

from services.benefits.domain.entitlement import Entitlement
from services.chassis.database import Database

# Of several grants the one that lasts longest answers. The partial index `benefit_grant_live` has few rows for a customer.
_ANSWER = b"""
select g.id, s.entitled_until, b.metadata
from benefit_grant g join entitlement_source s on s.id = g.source_id join benefit b on b.id = g.benefit_id
where g.organization_id = %s and g.customer_id = %s and g.benefit_id = %s and g.status = 'granted'
order by s.entitled_until desc nulls first limit 1
"""
_ANSWER_BY_EXTERNAL_ID = b"""
select g.id, s.entitled_until, b.metadata
from customer c join benefit_grant g on g.organization_id = c.organization_id and g.customer_id = c.id
join entitlement_source s on s.id = g.source_id join benefit b on b.id = g.benefit_id
where c.organization_id = %s and c.external_id = %s and not c.is_deleted and g.benefit_id = %s and g.status = 'granted'
order by s.entitled_until desc nulls first limit 1
"""


class EntitlementReader:
    """Asks the database.

    On the worker role, which row-level security lets see every organization: the app role would need a second round trip that
    sets its scope, and a round trip is what this read costs. So the organization stands in the statement itself, first.
    """

    def __init__(self, worker_database: Database) -> None:
        self._database = worker_database

    async def __call__(self, organization_id: UUID, customer: UUID | str, benefit_id: UUID) -> Entitlement | None:
        """The entitlement of a customer, by our id (UUID) or the merchant's own (text)."""
        statement = _ANSWER_BY_EXTERNAL_ID if isinstance(customer, str) else _ANSWER
        async with self._database.connection() as connection:
            cursor = connection.cursor(row_factory=tuple_row)
            await cursor.execute(statement, (organization_id, customer, benefit_id), prepare=True)
            row = await cursor.fetchone()
        return Entitlement(*row) if row else None
