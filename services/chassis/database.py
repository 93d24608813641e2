"""One PostgreSQL database: a pool of psycopg connections and transactions that carry facts.

A transaction is a block around a use case. What it publishes is written to the outbox in the same commit, in one statement.
No network call belongs inside it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import orjson
import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import JsonbDumper, set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from services.chassis import arrays, deadline, outbox
from services.chassis.errors import Conflict, Unavailable
from services.chassis.outbox import Fact
from services.chassis.sql import BulkStatement, Statement

Row = DictRow
_RETRY_SQLSTATES = ("40001", "40P01", "55P03")  # serialization failure, deadlock, lock not available
_LONGEST_TRANSACTION_SECONDS = 30.0


class Transaction:
    """An open transaction: runs statements and collects the facts to publish with the commit."""

    def __init__(self, connection: AsyncConnection[DictRow]) -> None:
        self.connection = connection
        self.facts: list[Fact] = []
        self.callbacks: list[Callable[[], None]] = []

    async def all(self, statement: Statement, **parameters: object) -> list[Row]:
        """Every row."""
        cursor = await self.connection.execute(statement.text, statement.parameters(parameters))
        return await cursor.fetchall()

    async def one(self, statement: Statement, **parameters: object) -> Row | None:
        """The first row, or None."""
        cursor = await self.connection.execute(statement.text, statement.parameters(parameters))
        return await cursor.fetchone()

    async def execute(self, statement: Statement, **parameters: object) -> int:
        """The number of rows touched."""
        cursor = await self.connection.execute(statement.text, statement.parameters(parameters))
        return cursor.rowcount

    async def many(self, statement: BulkStatement, rows: Sequence[Mapping[str, Any]]) -> list[Row]:
        """Run over all rows at once; what it returns, if it returns rows."""
        if not rows:
            return []
        cursor = await self.connection.execute(statement.text, statement.parameters(rows))
        return await cursor.fetchall() if cursor.description else []

    def publish(self, *facts: Fact) -> None:
        """Facts that become true with the commit."""
        self.facts.extend(facts)

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Called once the commit was sent, e.g. to wake whoever works on what was stored. It must not raise."""
        self.callbacks.append(callback)


class Database:
    """A pool on one URL. Open it once per process and role."""

    def __init__(self, url: str, *, name: str, pool_size: int = 8) -> None:
        self.wake_relay = asyncio.Event()
        """Set after every commit that published facts; the relay of this process waits for it."""
        self._pool: AsyncConnectionPool[AsyncConnection[DictRow]] = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=pool_size,
            open=False,
            timeout=5.0,
            name=name,
            check=None,
            configure=_configure,
            kwargs={"autocommit": True, "row_factory": dict_row, "application_name": name, "prepare_threshold": 2},
        )

    async def open(self) -> None:
        """Connect; Unavailable if the server does not answer within 10 s."""
        try:
            await self._pool.open(wait=True, timeout=10.0)
        except PoolTimeout:
            raise Unavailable("DATABASE_UNAVAILABLE", "the database does not answer") from None

    async def close(self) -> None:
        await self._pool.close(timeout=5.0)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection[DictRow]]:
        """A connection in autocommit, for single statements on hot paths. Unavailable when none is to be had."""
        try:
            async with self._pool.connection(timeout=min(5.0, deadline.remaining_seconds())) as connection:
                try:
                    yield connection
                finally:
                    if connection.pgconn.pipeline_status:
                        await connection.close()  # cut short inside a pipeline; the next user would be in it still
        except (PoolTimeout, psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise _told(error) from error

    @asynccontextmanager
    async def transaction(self, organization_id: UUID | None = None) -> AsyncIterator[Transaction]:
        """A transaction that sees one organization's rows; without one, only a role that may see all gets any.

        Commits when the block ends, rolls back when it raises. Unavailable when the database is away, also when it went
        away during the commit: then nobody knows the outcome, and the same request id finds it out.
        """
        async with self.connection() as connection:
            transaction = Transaction(connection)
            await connection.execute(_begin(organization_id))
            try:
                yield transaction
                if transaction.facts:
                    await outbox.store(connection, transaction.facts)
            except BaseException:
                await _rollback(connection)
                raise
            try:
                await _finish(connection)
            finally:
                # Also when the caller left during the commit: it went through all the same.
                if transaction.facts:
                    self.wake_relay.set()
                for callback in transaction.callbacks:
                    callback()


async def _configure(connection: AsyncConnection[DictRow]) -> None:
    arrays.adapt(connection)
    connection.adapters.register_dumper(dict, JsonbDumper)
    set_json_dumps(orjson.dumps, connection)
    set_json_loads(orjson.loads, connection)


def _begin(organization_id: UUID | None) -> bytes:
    # One round trip for all of it. A UUID's text has only hex digits and dashes, so it needs no quoting.
    milliseconds = int(min(_LONGEST_TRANSACTION_SECONDS, deadline.remaining_seconds()) * 1000) + 1
    scope = f"; set local app.organization_id = '{organization_id}'" if organization_id else ""
    return f"begin; set local statement_timeout = {milliseconds}{scope}".encode()


async def _finish(connection: AsyncConnection[DictRow]) -> None:
    # A caller who leaves must not leave a half-sent COMMIT in a pooled connection.
    commit = asyncio.ensure_future(connection.execute(b"commit"))
    try:
        await asyncio.shield(commit)
    except asyncio.CancelledError:
        await commit
        raise


async def _rollback(connection: AsyncConnection[DictRow]) -> None:
    try:
        await asyncio.shield(connection.execute(b"rollback"))
    except psycopg.Error:
        await connection.close()


def _told(error: Exception) -> Exception:
    sqlstate = getattr(error, "sqlstate", None)
    if sqlstate in _RETRY_SQLSTATES:
        return Conflict("BUSY", "somebody else is changing the same thing; try again", retry_after_seconds=0.05)
    if sqlstate == "57014":
        return Unavailable("DATABASE_TIMEOUT", "the database took too long", retry_after_seconds=1.0)
    return Unavailable("DATABASE_UNAVAILABLE", "the database does not answer", retry_after_seconds=1.0)
