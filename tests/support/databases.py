"""Databases for tests, made as the stack makes them: an owner who migrates, an app role under row-level security, a worker role.

A service's database is migrated once in a cluster, as a template; each test gets a copy of its own in some ten milliseconds.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
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

    def create(self, service: str, *, migrate: Migrate = migrate) -> ServiceUrls:
        """A fresh database of the service, at its newest schema."""
        template = self._templates.get((service, migrate))
        if template is None:
            template = self._create_template(service, migrate)
            self._templates[service, migrate] = template
        name = f"{template}_{next(_numbers)}"
        self._create_database(name, service, template)
        return self._urls(service, name)

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
