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
OF_THE_WORKER = {"stripe_event"}
"""What Stripe sent belongs to the installation until it is read; the application's role may not touch it."""


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
    """Forced, so that not even its owner's functions pass by it; or read-only for everybody but those."""
    outside = []
    for table in records.owned[service]:
        row = application.execute(_WALL, {"table": table, "worker": f"bursar_{service}_worker"}).fetchone()
        if table not in OF_NO_ORGANIZATION | OF_THE_WORKER and row not in ((True, True, True), (True, True, False), (True, False, False)):
            outside.append(f"{table}: {row}")
    assert outside == []


_WALL = """
select c.relrowsecurity, c.relforcerowsecurity,
  has_table_privilege(c.oid, 'insert, update, delete') or has_table_privilege(%(worker)s, c.oid, 'insert, update, delete')
from pg_class c where c.oid = %(table)s::regclass
"""


def test_rows_that_hang_on_others_rows_are_seen_in_one_scope_only(
    service: str,
    application: psycopg.Connection,
    records: Records,
    merchant: Merchant,
    stranger: Merchant,
    world: World,
    strangers_world: World,
) -> None:
    """Tables without an organization of their own, which the application may read all the same."""
    for table in records.tables[service]:
        if table in records.owned[service] or not _may_read(application, table):
            continue
        scopes = (None, merchant.organization_id, stranger.organization_id)
        nobodys, first, second = (_rows(application, table, scope) for scope in scopes)
        assert not nobodys, f"{table} shows rows without a scope"
        assert not first & second, f"{table} shows rows of one organization to another"


def test_tables_of_relay_and_consumer_are_not_for_the_application(application: psycopg.Connection) -> None:
    assert [table for table in sorted(OF_NO_ORGANIZATION) if _may_read(application, table)] == []


def _may_read(application: psycopg.Connection, table: str) -> bool:
    row = application.execute("select has_any_column_privilege(%s, 'select')", [table]).fetchone()
    return row == (True,)


def _rows(application: psycopg.Connection, table: str, scope: object | None) -> set[str]:
    with application.transaction(force_rollback=True):
        if scope is not None:
            application.execute("select set_config('app.organization_id', %s, true)", [str(scope)])
        query = sql.SQL("select md5(t::text) from {} t").format(sql.Identifier(table))
        try:
            with application.transaction():
                return {str(row[0]) for row in application.execute(query).fetchall()}
        except psycopg.errors.InsufficientPrivilege:
            return set()


def test_the_application_neither_owns_a_table_nor_passes_the_wall(application: psycopg.Connection) -> None:
    role = application.execute("select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = current_user")
    assert role.fetchone() == (False, False, False, False)
    owned = application.execute("select relname from pg_class where relkind in ('r', 'p') and pg_get_userbyid(relowner) = current_user")
    assert owned.fetchall() == []
