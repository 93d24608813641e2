"""What the roles of the database may see, whatever the code asks."""

from __future__ import annotations

import psycopg
import pytest

from services.identity.domain import clock_advance
from services.identity.storage.access_tokens import StoredAccessTokens
from services.identity.storage.clock_advances import StoredClockAdvances
from services.identity.storage.organizations import StoredOrganizations
from services.identity.tests.builders import a_happening, a_token, an_advance, an_organization
from tests.support.databases import ServiceDatabase

TABLES = ("organization", "access_token", "clock_advance", "clock_happening", "clock_settled")
MADE = ("organization", "access_token", "clock_advance", "clock_happening")


async def test_the_application_role_sees_one_organization_and_no_operators_token(database: ServiceDatabase) -> None:
    mine, other = an_organization("mine"), an_organization("other")
    async with database.worker.transaction() as transaction:
        for organization in (mine, other):
            await StoredOrganizations(transaction).add(organization)
            await StoredAccessTokens(transaction).add(a_token(organization.id)[0])
            await StoredClockAdvances(transaction).add(advance := an_advance(organization.id))
            await StoredClockAdvances(transaction).add_happenings(advance, [a_happening()])
        await StoredAccessTokens(transaction).add(a_token(None)[0])
    for scope, seen in ((None, 0), (mine.id, 1)):
        async with database.app.transaction(scope) as transaction:
            for table in MADE:
                cursor = await transaction.connection.execute(f"select * from {table}")
                assert len(await cursor.fetchall()) == seen


async def test_the_application_role_makes_no_operators_token(database: ServiceDatabase) -> None:
    organization = an_organization()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with database.app.transaction(organization.id) as transaction:
            await StoredAccessTokens(transaction).add(a_token(None)[0])


@pytest.mark.parametrize("table", TABLES)
async def test_nothing_is_ever_deleted(database: ServiceDatabase, table: str) -> None:
    for pool in (database.app, database.worker):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with pool.transaction() as transaction:
                await transaction.connection.execute(f"delete from {table}")


async def test_an_organization_comes_back_as_it_was(database: ServiceDatabase) -> None:
    organization = an_organization(email="a@b.example", metadata={"a": 1, "b": True, "c": "x", "d": 1.5})
    async with database.worker.transaction() as transaction:
        await StoredOrganizations(transaction).add(organization)
        assert await StoredOrganizations(transaction).get(organization.id) == organization


async def test_an_advance_and_its_happenings_come_back_as_they_were(database: ServiceDatabase) -> None:
    organization, happening = an_organization(), a_happening()
    advance = clock_advance.settled(an_advance(organization.id), [happening])
    async with database.worker.transaction() as transaction:
        await StoredOrganizations(transaction).add(organization)
        advances = StoredClockAdvances(transaction)
        await advances.add(advance)
        for _ in range(2):
            await advances.add_happenings(advance, [happening])
        assert await advances.get(organization.id, advance.id) == advance
        assert await advances.running(organization.id) == advance
        assert await advances.first_happenings(advance, 5) == [happening]
