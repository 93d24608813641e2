"""What stands in the databases of all services: how many rows, and a digest of everything that one organization owns."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import psycopg
from psycopg import sql

_TABLES = """
select c.relname, exists (
  select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'organization_id' and not a.attisdropped
) as has_organization
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'schema_version'
order by 1
"""
_OWN = {"organization": "id"}
"""The column that names the organization, where it is not `organization_id`."""

_NOT_AN_EFFECT = "last_used_at"
"""Written behind by the edge, some seconds after a token was used."""

_BY_THE_CLOCK = {"ledger.seal", "ledger.balance_daily"}
"""Written by schedules, some time after the facts they are about."""


class Records:
    """Reads as the owners of the databases, who see every row."""

    def __init__(self, stack: Mapping[str, Any]) -> None:
        urls = {name: service["database_owner_url"] for name, service in stack["services"].items()}
        self._connections = {name: psycopg.connect(url, autocommit=True) for name, url in urls.items()}
        tables = {name: connection.execute(_TABLES).fetchall() for name, connection in self._connections.items()}
        self.tables: dict[str, list[str]] = {name: [str(table) for table, _ in known] for name, known in tables.items()}
        self.owned: dict[str, dict[str, str]] = {
            name: {table: "organization_id" if has else _OWN[table] for table, has in known if has or table in _OWN}
            for name, known in tables.items()
        }
        """For each service its tables with rows of organizations, and the column that says whose they are."""

    def counts(self) -> dict[str, int]:
        """Rows of every table that only requests and facts write, e.g. `checkout.product`."""
        return {
            f"{service}.{table}": int(count)
            for service, tables in self.tables.items()
            for table, count in self._each(service, [_COUNT.format(sql.Literal(table), sql.Identifier(table)) for table in tables])
            if f"{service}.{table}" not in _BY_THE_CLOCK
        }

    def digests(self, organization_id: UUID) -> dict[str, str]:
        """Of each table, over everything that the organization owns."""
        return {
            f"{service}.{table}": str(digest)
            for service, tables in self.owned.items()
            for table, digest in self._each(
                service,
                [
                    _DIGEST.format(sql.Literal(table), sql.Identifier(table), sql.Identifier(column), sql.Literal(organization_id))
                    for table, column in tables.items()
                ],
            )
        }

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()

    def _each(self, service: str, queries: list[sql.Composed]) -> list[tuple[Any, ...]]:
        return self._connections[service].execute(sql.SQL(" union all ").join(queries)).fetchall()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


_COUNT = sql.SQL("select {}, count(*) from {}")
_DIGEST = sql.SQL(
    "select {}, md5(coalesce(string_agg(line, chr(10) order by line), '')) "
    f"from (select (to_jsonb(t) - '{_NOT_AN_EFFECT}')::text as line from {{}} t where t.{{}} = {{}}) lines"
)
