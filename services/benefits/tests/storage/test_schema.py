"""The tables are as the queries think, and a wall stands between organizations."""

from __future__ import annotations

from services.benefits.domain.benefit import Kind
from services.benefits.storage.tables import metadata
from services.benefits.tests.builders import ORGANIZATION, a_draft, order_paid
from services.benefits.tests.suite import Suite
from services.chassis.ids import new_id
from services.chassis.sql import Statement

_COLUMNS = Statement(
    "select column_name, is_nullable from information_schema.columns where table_schema = 'public' and table_name = %(table)s"
)


async def test_the_migration_makes_the_tables_that_queries_know(suite: Suite) -> None:
    async with suite.worker.transaction() as transaction:
        for table in metadata.sorted_tables:
            made = {row["column_name"]: row["is_nullable"] == "YES" for row in await transaction.all(_COLUMNS, table=table.name)}
            assert made == {column.name: bool(column.nullable) for column in table.columns}, table.name


async def test_the_app_role_sees_one_organization(suite: Suite) -> None:
    product = new_id()
    benefit = await suite.benefit(a_draft(Kind.LICENSE_KEYS))
    await suite.carry(product, [benefit.id])
    await suite.react(order_paid(product, new_id()))
    filled = {"benefit", "product", "product_benefit", "customer", "entitlement_source", "benefit_grant", "license_key"}
    for scope, expected in ((ORGANIZATION, filled), (new_id(), set()), (None, set())):
        async with suite.app.transaction(scope) as transaction:
            seen = {table.name for table in metadata.sorted_tables if await transaction.one(Statement(f"select 1 from {table.name}"))}
        assert seen == expected
