"""Brings a service's database to the schema of its code. Forward only; one at a time, whoever starts it.

A service has `migrations/versions/` and a `migrations/env.py` of two lines, an import and a call:

    from services.chassis.migrate import run_migrations

    run_migrations()
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psycopg
import sqlalchemy
from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory

from services.chassis.database import Database
from services.chassis.sql import Statement

_LOCK_KEY = 0x6D696772
"""One migration at a time in a database; any number nobody else uses."""
_LOCK_WAIT_SECONDS = 60
_VERSION_TABLE = "schema_version"
_VERSION = Statement(f"select version_num from {_VERSION_TABLE}")


@dataclass(frozen=True, slots=True)
class Roles:
    """Who may do what in a service's database: the owner migrates, the app serves, the worker relays and reacts."""

    owner: str
    app: str
    worker: str


def roles_of(service: str) -> Roles:
    """The names of a service's roles."""
    return Roles(f"bursar_{service}_owner", f"bursar_{service}_app", f"bursar_{service}_worker")


def migrate(service: str, owner_url: str) -> None:
    """Run what is missing. Waits for another migration of the same database, but not for ever."""
    engine = sqlalchemy.create_engine(_with_driver(owner_url), poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        # An open transaction of somebody else must not make ours queue, and everybody else's behind it.
        connection.exec_driver_sql("set lock_timeout = '10s'")
        connection.exec_driver_sql(f"set statement_timeout = '{_LOCK_WAIT_SECONDS}s'")
        connection.exec_driver_sql(f"select pg_advisory_lock({_LOCK_KEY})")
        connection.exec_driver_sql("set statement_timeout = 0")
        connection.commit()
        configuration = _configuration(service)
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")
        roles = roles_of(service)
        connection.exec_driver_sql(f"grant select on {_VERSION_TABLE} to {roles.app}, {roles.worker}")
        connection.commit()


def run_migrations() -> None:
    """The whole of a service's `env.py`: run the versions on the connection that `migrate` opened, in one transaction."""
    context.configure(connection=context.config.attributes["connection"], version_table=_VERSION_TABLE)
    with context.begin_transaction():
        context.run_migrations()


def head(service: str) -> str | None:
    """The newest version that the code knows."""
    return ScriptDirectory.from_config(_configuration(service)).get_current_head()


async def pending(service: str, database: Database) -> bool:
    """Whether the database is not at the schema of the code: then the process is not ready.

    A database that is ahead counts as ready: versions only expand, and the newer code is being rolled out.
    """
    scripts = ScriptDirectory.from_config(_configuration(service))
    known = {script.revision for script in scripts.walk_revisions()}
    try:
        async with database.transaction() as transaction:
            row = await transaction.one(_VERSION)
    except psycopg.errors.UndefinedTable:
        return True
    if row is None:
        return bool(known)
    return row["version_num"] in known and row["version_num"] != scripts.get_current_head()


def _configuration(service: str) -> Config:
    configuration = Config()
    folder = Path(__file__).parents[1] / service / "migrations"
    configuration.set_main_option("script_location", str(folder).replace("%", "%%"))
    return configuration


def _with_driver(url: str) -> str:
    return "postgresql+psycopg://" + url.partition("://")[2]
