"""Brings a service's database to the schema of its code. Forward only; one at a time, whoever starts it.

A service has `migrations/versions/` and a `migrations/env.py` of two lines, an import and a call:

    from services.chassis.migrate import run_migrations

    run_migrations()

`python -m services.chassis.migrate <service>` does it without loading the service, as the role of BURSAR_DATABASE_OWNER_URL.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

import sqlalchemy
from alembic import command, context
from alembic.config import Config

from services.chassis.schema_version import VERSION_TABLE, migrations_folder

_LOCK_KEY = 0x6D696772
"""One migration at a time in a database; any number nobody else uses."""
_LOCK_WAIT_SECONDS = 60


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
        alembic = _configuration(service)
        alembic.attributes["connection"] = connection
        command.upgrade(alembic, "head")
        roles = roles_of(service)
        connection.exec_driver_sql(f"grant select on {VERSION_TABLE} to {roles.app}, {roles.worker}")
        connection.commit()


def run_migrations() -> None:
    """The whole of a service's `env.py`: run the versions on the connection that `migrate` opened, in one transaction."""
    context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
    with context.begin_transaction():
        context.run_migrations()


def _configuration(service: str) -> Config:
    alembic = Config()
    alembic.set_main_option("script_location", str(migrations_folder(service)).replace("%", "%%"))
    return alembic


def _with_driver(url: str) -> str:
    return "postgresql+psycopg://" + url.partition("://")[2]


if __name__ == "__main__":
    if len(sys.argv) != 2 or "BURSAR_DATABASE_OWNER_URL" not in os.environ:
        sys.exit("usage: BURSAR_DATABASE_OWNER_URL=postgresql://… python -m services.chassis.migrate <service>")
    migrate(sys.argv[1], os.environ["BURSAR_DATABASE_OWNER_URL"])
