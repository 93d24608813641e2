"""Arrays that we spell ourselves, as PostgreSQL reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from services.chassis.arrays import array_of, uuids
from services.chassis.ids import new_id
from services.chassis.sql import Statement
from tests.support.databases import ServiceDatabase

IDS = [new_id(), UUID(int=0), UUID(int=2**128 - 1)]
INSTANT = datetime(2026, 11, 21, 10, 30, 0, 123456, tzinfo=timezone(timedelta(hours=-5)))
COLUMNS: dict[str, list[Any]] = {
    "BOOLEAN": [True, False, None],
    "BYTEA": [b"", b"\x00\xff\\", None],
    "BIGINT": [-(2**63), 2**63 - 1, 0, None],
    "INTEGER": [-(2**31), 2**31 - 1, None],
    "SMALLINT": [-(2**15), 2**15 - 1, None],
    "TEXT": ["", 'a "quoted", {braced} \\ word', "Renée 🛒", "NULL", None],
    "TIMESTAMP WITH TIME ZONE": [INSTANT, datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), None],
    "UUID": [*IDS, None],
}


async def echoed(database: ServiceDatabase, sql_type: str, array: object) -> list[object]:
    async with database.worker.transaction() as transaction:
        row = await transaction.one(Statement(f"select %(array)s::{sql_type}[] as array"), array=array)
    assert row is not None
    return list(row["array"])


@pytest.mark.parametrize("sql_type", COLUMNS)
async def test_what_is_spelled_is_what_is_read(database: ServiceDatabase, sql_type: str) -> None:
    values = COLUMNS[sql_type]
    assert await echoed(database, sql_type, array_of(sql_type, values)) == values
    assert await echoed(database, sql_type, array_of(sql_type, [])) == []


async def test_types_that_are_not_known_are_left_to_psycopg(database: ServiceDatabase) -> None:
    assert array_of("DOUBLE PRECISION", [1.5]) == [1.5]
    assert await echoed(database, "DOUBLE PRECISION", array_of("DOUBLE PRECISION", [1.5, None])) == [1.5, None]


@pytest.mark.parametrize("ids", [[], IDS, [IDS[0], None], [None, IDS[0]]])
async def test_lists_of_ids_travel_with_and_without_gaps(database: ServiceDatabase, ids: list[UUID | None]) -> None:
    assert await echoed(database, "UUID", ids) == ids


async def test_ids_are_an_array_of_ids(database: ServiceDatabase) -> None:
    assert await echoed(database, "UUID", uuids(IDS)) == IDS
