"""A running suite as an auditor sees it: every service's database, the broker's monitor and the simulator."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import httpx
import psycopg
from psycopg.rows import dict_row

Row = Mapping[str, Any]
_ANY_KEY = {"authorization": "Bearer sk_test_audit"}
"""The simulator takes any test key."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the parts are; the content of stack.json."""

    databases: Mapping[str, str]
    nats_monitor: str
    simulator: str

    @classmethod
    def read(cls, stack_file: Path) -> Addresses:
        """From the file that `make up` writes."""
        return cls.of(json.loads(stack_file.read_text()))

    @classmethod
    def of(cls, stack: Mapping[str, Any]) -> Addresses:
        """From the description of a stack."""
        return cls(
            {name: service["database_url"] for name, service in stack["services"].items()},
            stack["nats"]["monitor"],
            stack["simulator"]["url"],
        )


def grouped(rows: Iterable[Row], name: str) -> dict[UUID, list[Row]]:
    """The rows by one of their columns, in their order."""
    found: dict[UUID, list[Row]] = {}
    for row in rows:
        found.setdefault(row[name], []).append(row)
    return found


class Suite:
    """Reads only. Connections are opened on first use and again after the server went away."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._connections: dict[str, psycopg.Connection[dict[str, Any]]] = {}
        self._http = httpx.Client(timeout=10.0)

    @property
    def services(self) -> Sequence[str]:
        """The names of the services."""
        return list(self._addresses.databases)

    def rows(self, service: str, query: str, **parameters: object) -> list[Row]:
        """Rows of one service's database, of all organizations."""
        try:
            return list(self._connection(service).execute(query, parameters).fetchall())
        except psycopg.OperationalError:
            self._connections.pop(service).close()
            return list(self._connection(service).execute(query, parameters).fetchall())

    def value(self, service: str, query: str, **parameters: object) -> Any:
        """The first column of the first row."""
        return next(iter(self.rows(service, query, **parameters)[0].values()))

    def consumers(self) -> list[Row]:
        """Every durable consumer of the broker: name, waiting messages, messages without ack."""
        answer = self._http.get(f"{self._addresses.nats_monitor}/jsz", params={"consumers": "true", "config": "true"}).json()
        return [
            {
                "name": consumer["name"],
                "filters": consumer["config"].get("filter_subjects") or [consumer["config"].get("filter_subject", "")],
                "waiting": consumer["num_pending"],
                "unacknowledged": consumer["num_ack_pending"],
            }
            for account in answer.get("account_details", ())
            for stream in account.get("stream_detail", ())
            for consumer in stream.get("consumer_detail") or ()
            if consumer["config"].get("durable_name")
        ]

    def processor_totals(self, metadata_key: str) -> dict[str, Any]:
        """The simulator's own sums."""
        answer = self._http.get(f"{self._addresses.simulator}/_sim/totals", params={"metadata_key": metadata_key})
        return dict(answer.raise_for_status().json())

    def charges(self) -> list[Row]:
        """Every charge that the simulator knows, newest first."""
        found: list[Row] = []
        query = {"limit": "100"}
        while True:
            answer = self._http.get(f"{self._addresses.simulator}/v1/charges", params=query, headers=_ANY_KEY).raise_for_status().json()
            found += answer["data"]
            if not answer["has_more"]:
                return found
            query["starting_after"] = found[-1]["id"]

    def webhooks_delivered(self) -> bool:
        """Whether the simulator has no webhook left to deliver."""
        state = self._http.get(f"{self._addresses.simulator}/_sim/webhooks").raise_for_status().json()
        return bool(state["idle"])

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _connection(self, service: str) -> psycopg.Connection[dict[str, Any]]:
        connection = self._connections.get(service)
        if connection is None or connection.closed:
            connection = psycopg.connect(self._addresses.databases[service], autocommit=True, row_factory=dict_row)
            self._connections[service] = connection
        return connection
