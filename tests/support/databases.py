"""Databases for tests, made as the stack makes them: an owner who migrates, an app role under row-level security, a worker role.

A service's database is migrated once in a cluster, as a template; a test has a copy of its own, or one that another test has left, with
its first rows again: making one costs eighty milliseconds of the machine, that ten.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from services.chassis.database import Database
from services.chassis.migrate import migrate, roles_of

_PASSWORD = "test"
_numbers = itertools.count(1)

Migrate = Callable[[str, str], None]
"""Takes the service and its owner's URL."""
Rows = Mapping[str, bytes]
"""What a migration writes, by table, as COPY has it: mostly nothing."""

_VERSION_TABLE = "alembic_version"
_OTHERS = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
# Rows of the catalogs that a test wrote are younger than those that came with the template.
_CATALOGS = ("pg_class", "pg_attribute", "pg_proc", "pg_trigger", "pg_policy", "pg_constraint")
_SCHEMA_WRITTEN = " union all ".join(f"select max(xmin::text::bigint), count(*) from {catalog}" for catalog in _CATALOGS)
_TABLES = f"select tablename from pg_tables where schemaname = 'public' and tablename <> '{_VERSION_TABLE}'"
_RESTART = "select setval(sequence.oid, 1, false) from pg_class sequence where relkind = 'S'"


@dataclass(frozen=True, slots=True)
class ServiceUrls:
    """URLs of one service's database, a role each; `admin` is the cluster's superuser."""

    owner: str
    app: str
    worker: str
    admin: str


@dataclass(frozen=True, slots=True)
class ServiceDatabase:
    """A service's database with both of its pools open."""

    app: Database
    worker: Database
    urls: ServiceUrls


class Cluster:
    """One PostgreSQL cluster with a migrated template for each service that was asked for."""

    def __init__(self, admin_url: str) -> None:
        self._admin_url = admin_url
        self._templates: dict[tuple[str, Migrate], str] = {}
        self._rows: dict[tuple[str, Migrate], Rows] = {}
        self._left: dict[tuple[str, Migrate], list[ServiceUrls]] = defaultdict(list)

    def create(self, service: str, *, migrate: Migrate = migrate) -> ServiceUrls:
        """A fresh database of the service, at its newest schema."""
        template = self._templates.get((service, migrate))
        if template is None:
            template = self._create_template(service, migrate)
            self._templates[service, migrate] = template
            with psycopg.connect(self._urls(service, template).admin) as admin:
                self._rows[service, migrate] = _rows(admin)
        name = f"{template}_{next(_numbers)}"
        self._create_database(name, service, template)
        return self._urls(service, name)

    @contextmanager
    def lent(self, service: str, *, migrate: Migrate = migrate) -> Iterator[ServiceUrls]:
        """A database as it is migrated, for the time of a block. If the block changes the schema nobody else gets it."""
        left = self._left[service, migrate]
        urls = left.pop() if left else self.create(service, migrate=migrate)
        with psycopg.connect(urls.admin) as admin:
            schema = admin.execute(_SCHEMA_WRITTEN).fetchall()
        yield urls
        with psycopg.connect(urls.admin) as admin:
            admin.execute(_OTHERS)
            if admin.execute(_SCHEMA_WRITTEN).fetchall() == schema:
                _restore(admin, self._rows[service, migrate])
                left.append(urls)
                return
        self.drop(urls)

    def drop(self, urls: ServiceUrls) -> None:
        """Forget a database, whoever is still connected."""
        name = sql.Identifier(urlsplit(urls.owner).path[1:])
        with psycopg.connect(self._admin_url, autocommit=True) as admin:
            admin.execute(sql.SQL("drop database if exists {} with (force)").format(name))

    def _create_template(self, service: str, migrate: Migrate) -> str:
        roles = roles_of(service)
        with psycopg.connect(self._admin_url, autocommit=True) as admin:
            for role in (roles.owner, roles.app, roles.worker):
                if not admin.execute("select from pg_roles where rolname = %s", [role]).rowcount:
                    create = sql.SQL("create role {} login nosuperuser nobypassrls password {}")
                    admin.execute(create.format(sql.Identifier(role), sql.Literal(_PASSWORD)))
        name = f"test_{service}_{next(_numbers)}"
        self._create_database(name, service, "template1")
        migrate(service, self._urls(service, name).owner)
        return name

    def _create_database(self, name: str, service: str, template: str) -> None:
        names = [sql.Identifier(each) for each in (name, roles_of(service).owner, template)]
        with psycopg.connect(self._admin_url, autocommit=True) as admin:
            admin.execute(sql.SQL("create database {} owner {} template {}").format(*names))

    def _urls(self, service: str, database: str) -> ServiceUrls:
        parts = urlsplit(self._admin_url)
        host, roles = parts.netloc.rpartition("@")[2], roles_of(service)
        owner, app, worker = (
            urlunsplit(parts._replace(netloc=f"{role}:{_PASSWORD}@{host}", path=f"/{database}"))
            for role in (roles.owner, roles.app, roles.worker)
        )
        return ServiceUrls(owner, app, worker, urlunsplit(parts._replace(path=f"/{database}")))


def _rows(admin: psycopg.Connection) -> Rows:
    found = {}
    for (table,) in admin.execute(_TABLES).fetchall():
        with admin.cursor().copy(sql.SQL("copy {} to stdout").format(sql.Identifier(table))) as copy:
            found[table] = b"".join(bytes(block) for block in copy)
    return found


def _restore(admin: psycopg.Connection, rows: Rows) -> None:
    """Have exactly these rows."""
    admin.execute("set local session_replication_role = replica")  # neither foreign keys nor triggers mind
    for table, text in rows.items():
        admin.execute(sql.SQL("delete from {}").format(sql.Identifier(table)))
        if text:
            with admin.cursor().copy(sql.SQL("copy {} from stdin").format(sql.Identifier(table))) as copy:
                copy.write(text)
    admin.execute(_RESTART)


@asynccontextmanager
async def opened(urls: ServiceUrls, *, pool_size: int = 8) -> AsyncIterator[ServiceDatabase]:
    """Both pools on a database, closed afterwards."""
    app = Database(urls.app, name="app", pool_size=pool_size)
    worker = Database(urls.worker, name="worker", pool_size=pool_size)
    await app.open()
    try:
        await worker.open()
        try:
            yield ServiceDatabase(app, worker, urls)
        finally:
            await worker.close()
    finally:
        await app.close()
