"""The second wall: a query that forgets its organization finds nothing, in any table of any service."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from deploy.local.services import SERVICES
from deploy.local.stack import Stack
from tests.e2e.merchants import Merchant
from tests.e2e.records import Records
from tests.e2e.world import World

NAMES = [service.name for service in SERVICES]

OF_NO_ORGANIZATION = {"outbox_pending", "outbox_publication", "inbox", "inbox_parked"}
"""Tables of relay and consumer: the application's role may add to the first and touch no other."""


@pytest.fixture(params=NAMES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def application(service: str, stack: Stack) -> Iterator[psycopg.Connection]:
    """As the service's API: one organization at a time."""
    with psycopg.connect(stack.description()["services"][service]["database_app_url"]) as connection:
        yield connection


def visible(application: psycopg.Connection, table: str, column: str, owner: object, scope: object | None) -> int | None:
    """How many rows of an owner are seen in a scope; None where the role may not look at all."""
    with application.transaction(force_rollback=True):
        if scope is not None:
            application.execute("select set_config('app.organization_id', %s, true)", [str(scope)])
        query = sql.SQL("select count(*) from {} where {} = %s").format(sql.Identifier(table), sql.Identifier(column))
        try:
            with application.transaction():
                row = application.execute(query, [owner]).fetchone()
        except psycopg.errors.InsufficientPrivilege:
            return None
        return int(row[0]) if row else None


def test_a_scope_shows_its_own_rows_and_no_other(
    service: str, application: psycopg.Connection, records: Records, merchant: Merchant, stranger: Merchant, world: World
) -> None:
    seen = 0
    for table, column in records.owned[service].items():
        owner = merchant.organization_id
        assert not visible(application, table, column, owner, stranger.organization_id), f"{table} shows another organization's rows"
        assert not visible(application, table, column, owner, None), f"{table} shows rows without a scope"
        seen += visible(application, table, column, owner, owner) or 0
    assert seen > 0, "the merchant's own rows are there to be seen"


def test_a_row_cannot_be_given_to_another_organization(
    service: str, application: psycopg.Connection, records: Records, merchant: Merchant, stranger: Merchant, world: World
) -> None:
    refused = []
    for table, column in records.owned[service].items():
        if column == "id":
            continue
        change = sql.SQL("update {} set {} = %s").format(sql.Identifier(table), sql.Identifier(column))
        with application.transaction(force_rollback=True):
            application.execute("select set_config('app.organization_id', %s, true)", [str(merchant.organization_id)])
            try:
                with application.transaction():
                    assert application.execute(change, [stranger.organization_id]).rowcount == 0, f"rows of {table} changed hands"
            except psycopg.Error as error:
                refused.append(f"{table}: {type(error).__name__}")
    assert refused


def test_every_table_of_organizations_is_behind_the_wall(service: str, application: psycopg.Connection, records: Records) -> None:
    walls = {
        name: (row_security, forced)
        for name, row_security, forced in application.execute(
            "select relname, relrowsecurity, relforcerowsecurity from pg_class where relkind in ('r', 'p')"
        ).fetchall()
    }
    assert [table for table in records.owned[service] if table not in OF_NO_ORGANIZATION and walls[table] != (True, True)] == []


def test_a_table_without_organizations_is_not_for_the_application(
    service: str, application: psycopg.Connection, records: Records
) -> None:
    readable = [
        table
        for table in records.tables[service]
        if (table not in records.owned[service] or table in OF_NO_ORGANIZATION)
        and application.execute("select has_table_privilege(%s, 'select')", [table]).fetchone() == (True,)
    ]
    assert readable == []


def test_the_application_neither_owns_a_table_nor_passes_the_wall(application: psycopg.Connection) -> None:
    role = application.execute("select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = current_user")
    assert role.fetchone() == (False, False, False, False)
    owned = application.execute("select relname from pg_class where relkind in ('r', 'p') and pg_get_userbyid(relowner) = current_user")
    assert owned.fetchall() == []
