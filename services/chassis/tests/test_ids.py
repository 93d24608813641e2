"""Ids tell the kind of an organization, in Python and in SQL alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.ids import is_sandbox, new_id, new_sandbox_id, sandbox_start
from services.chassis.sql import Statement
from tests.support.databases import ServiceDatabase

_IS_SANDBOX = Statement("select id, is_sandbox(id) as told from unnest(%(ids)s::uuid[]) as id")
_EXPLAIN = Statement(
    "explain (format text) select position from outbox where organization_id = %(organization_id)s "
    "and is_sandbox(organization_id) and position > 7 order by position limit 10"
)
_FILL = Statement(
    "insert into outbox (event_id, organization_id, type, subject_id, version, partition, payload, occurred_at) "
    "select gen_random_uuid(), case when n %% 100 = 0 then %(sandbox)s else %(live)s end, 'x.y', gen_random_uuid(), 1, 0, '', now() "
    "from generate_series(1, 5000) n"
)

MILLISECONDS = st.integers(0, (1 << 47) - 1)


@given(MILLISECONDS, st.integers(0, 999))
def test_a_sandboxs_id_has_the_version_and_variant_of_uuid_8_and_the_start_of_its_clock(milliseconds: int, microseconds: int) -> None:
    start = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds, microseconds=microseconds)
    made = new_sandbox_id(start)
    assert (made.version, made.variant) == (8, "specified in RFC 4122")
    assert is_sandbox(made)
    assert timedelta(0) <= start - sandbox_start(made) < timedelta(milliseconds=1)


def test_ids_with_the_same_start_are_different() -> None:
    start = datetime(2027, 1, 31, tzinfo=UTC)
    assert len({new_sandbox_id(start) for _ in range(1000)}) == 1000


def test_the_years_before_1970_have_no_ids() -> None:
    with pytest.raises(AssertionError):
        new_sandbox_id(datetime(1969, 12, 31, tzinfo=UTC))


async def test_sql_tells_sandboxes_as_we_do(database: ServiceDatabase) -> None:
    ids = [new_id() for _ in range(100)] + [new_sandbox_id(datetime(2000 + n, 1, 1, tzinfo=UTC)) for n in range(100)]
    ids += [
        UUID(int=0),
        UUID(int=(1 << 128) - 1),
        UUID("00000000-0000-8000-8000-000000000000"),
        UUID("12345678-1234-4123-8123-123456789abc"),
    ]
    async with database.app.transaction() as transaction:
        rows = await transaction.all(_IS_SANDBOX, ids=ids)
    assert {row["id"]: row["told"] for row in rows} == {each: is_sandbox(each) for each in ids}


async def test_the_facts_of_a_sandbox_have_an_index_of_their_own(database: ServiceDatabase) -> None:
    sandbox = new_sandbox_id(datetime(2027, 1, 1, tzinfo=UTC))
    async with database.worker.transaction() as transaction:
        await transaction.execute(_FILL, sandbox=sandbox, live=new_id())
    async with database.worker.connection() as connection:
        await connection.execute("set enable_seqscan = off")
        cursor = await connection.execute(_EXPLAIN.text, {"organization_id": sandbox})
        plan = "\n".join(next(iter(row.values())) for row in await cursor.fetchall())
    assert "outbox_sandbox" in plan
    assert "Sort" not in plan
