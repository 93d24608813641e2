"""The yardstick of bulk work: COPY of the very rows that it left, into empty tables that are made like theirs, indexes and all."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

ROWS_A_TRANSACTION = 10_000
Table = tuple[str, str]
"""Service and table."""


@dataclass(frozen=True, slots=True)
class RowCopies:
    """Counts and copies the rows of every service's database, as the administrator."""

    admin_url: str
    services: Sequence[str]

    def counts(self) -> dict[Table, int]:
        """How many rows each table has."""
        found: dict[Table, int] = {}
        for service in self.services:
            with self._connected(service) as connection:
                names = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
                for (name,) in names:
                    row = connection.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(name))).fetchone()
                    found[service, name] = row[0] if row else 0
        return found

    def seconds(self, rows: Mapping[Table, int]) -> float:
        """Wall time of copying so many of each table's newest rows, ten thousand a transaction, one table after the other."""
        return sum(self._seconds(service, table, number) for (service, table), number in rows.items() if number)

    def _seconds(self, service: str, table: str, number: int) -> float:
        source, target = sql.Identifier(table), sql.Identifier(f"yardstick_{table}")
        with self._connected(service) as connection:
            columns = _columns(connection, table)
            newest = sql.SQL("copy (select {} from {} order by ctid desc limit {}) to stdout").format(columns, source, sql.Literal(number))
            parts = _parts(connection, newest)
            connection.execute(sql.SQL("drop table if exists {}").format(target))
            connection.execute(sql.SQL("create table {} (like {} including all)").format(target, source))
            into = sql.SQL("copy {} ({}) from stdin").format(target, columns)
            started = time.perf_counter()
            for part in parts:
                with connection.cursor().copy(into) as copy:
                    copy.write(part)
            seconds = time.perf_counter() - started
            connection.execute(sql.SQL("drop table {}").format(target))
        return seconds

    def _connected(self, service: str) -> psycopg.Connection:
        return psycopg.connect(database_url(self.admin_url, service), autocommit=True)


def database_url(admin_url: str, service: str) -> str:
    """A service's database as the administrator, whom row-level security does not hold back from COPY."""
    return urlunsplit(urlsplit(admin_url)._replace(path=f"/bursar_{service}"))


def _columns(connection: psycopg.Connection, table: str) -> sql.Composed:
    names = connection.execute(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped and attgenerated = '' "
        "order by attnum",
        [table],
    ).fetchall()
    return sql.SQL(", ").join(sql.Identifier(name) for (name,) in names)


def _parts(connection: psycopg.Connection, query: sql.Composed) -> list[bytes]:
    """What COPY writes, in pieces of whole transactions."""
    parts: list[bytes] = []
    lines: list[bytes] = []
    with connection.cursor().copy(query) as copy:
        for block in copy:
            lines.append(bytes(block))
            if len(lines) == ROWS_A_TRANSACTION:
                parts.append(b"".join(lines))
                lines = []
    return [*parts, b"".join(lines)] if lines else parts
