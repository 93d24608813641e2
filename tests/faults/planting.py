"""A suite in which something is wrong, as an auditor would see it, and which is as it was afterwards.

Every database is read in one transaction of a superuser's, with triggers and foreign keys off, that is rolled back at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg.rows import dict_row

from deploy.audit.suite import Addresses, Row, Suite
from deploy.local.stack import Stack

Change = Callable[[list[Row]], list[Row]]


class PlantedSuite(Suite):
    """Reads what was planted. `charges` and `consumers` may be changed on their way."""

    def __init__(self, addresses: Addresses) -> None:
        super().__init__(addresses)
        self.change_charges: Change = lambda rows: rows
        self.change_consumers: Change = lambda rows: rows

    def plant(self, service: str, statement: str, **values: object) -> int:
        """Break something; how many rows are broken."""
        return self._connection(service).execute(statement, values or None).rowcount

    def charges(self) -> list[Row]:
        return self.change_charges(super().charges())

    def consumers(self) -> list[Row]:
        return self.change_consumers(super().consumers())

    def _connection(self, service: str) -> psycopg.Connection[dict[str, Any]]:
        if service not in self._connections:
            opened = psycopg.connect(self._addresses.databases[service], row_factory=dict_row)
            opened.execute("set local session_replication_role = replica")
            self._connections[service] = opened
        return self._connections[service]


@contextmanager
def planted(stack: Stack) -> Iterator[PlantedSuite]:
    """A suite to plant in; nothing of it stays."""
    told = stack.description()
    suite = PlantedSuite(_as_superuser(Addresses.of(told), told["postgres"]["admin_url"]))
    try:
        yield suite
    finally:
        suite.close()


def _as_superuser(addresses: Addresses, admin_url: str) -> Addresses:
    admin = urlsplit(admin_url)
    databases: Mapping[str, str] = {
        service: urlunsplit(admin._replace(path=urlsplit(url).path)) for service, url in addresses.databases.items()
    }
    return Addresses(databases, addresses.nats_monitor, addresses.simulator)
