"""Metadata, lifecycles and statements."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct
from sqlalchemy import Column, MetaData, Table, Text, bindparam, select
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.chassis.arrays import array_of
from services.chassis.clock import SystemClock
from services.chassis.errors import Invalid, NotPossibleNow
from services.chassis.ids import new_id, parse_id
from services.chassis.lifecycle import Lifecycle
from services.chassis.metadata import read_metadata, write_metadata
from services.chassis.sql import bulk_insert, bulk_update, compile_statement

LAMP = Lifecycle("lamp", {"switch_on": {"off": "on"}, "break": {"on": "broken", "off": "broken"}})
THINGS = Table("thing", MetaData(), Column("id", UUID, primary_key=True), Column("name", Text), Column("metadata", JSONB))


def test_a_lifecycle_leads_on_and_refuses_with_one_error() -> None:
    assert LAMP.after("switch_on", "off") == "on"
    assert LAMP.statuses == {"off", "on", "broken"}
    with pytest.raises(NotPossibleNow) as refused:
        LAMP.after("switch_on", "broken")
    assert refused.value.reason == "LAMP_STATUS_WRONG"
    assert refused.value.details == {"status": "broken", "verb": "switch_on"}
    assert str(refused.value) == 'the lamp is broken; "switch on" is possible only while it is off'
    with pytest.raises(NotPossibleNow, match='"break" is possible only while it is off or on'):
        LAMP.after("break", "broken")


def struct(**entries: Any) -> Struct:
    made = Struct()
    made.update(entries)
    return made


def test_metadata_keeps_its_types_both_ways() -> None:
    given: dict[str, Any] = {"text": "a", "whole": 7, "part": 0.5, "yes": True}
    made = struct(**given)
    assert read_metadata(made) == given
    assert type(read_metadata(made)["whole"]) is int
    back = Struct()
    write_metadata(read_metadata(made), back)
    assert back == made


@pytest.mark.parametrize(
    "entries",
    [
        {"k" * 41: 1},
        {"": 1},
        {"a": "x" * 501},
        {"a": None},
        {"a": {"b": 1}},
        {"a": [1]},
        {"a": float("inf")},
        {"a": float("nan")},
        {f"k{i}": i for i in range(51)},
    ],
)
def test_metadata_that_is_too_much_is_refused_by_name(entries: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refused:
        read_metadata(struct(**entries))
    assert refused.value.violations[0].field.startswith("metadata")


def test_ids_grow_and_garbage_is_refused() -> None:
    ids = [new_id() for _ in range(1000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 1000
    with pytest.raises(Invalid):
        parse_id("zz", "id")


def test_a_statement_keeps_its_literals_and_takes_its_parameters() -> None:
    statement = compile_statement(select(THINGS.c.id).where(THINGS.c.name == "lamp", THINGS.c.id == bindparam("id")))
    assert statement.parameters({"id": 1}) == {"name_1": "lamp", "id": 1}
    assert "%(id" in statement.text


def test_bulk_statements_carry_one_array_for_each_column() -> None:
    insert = bulk_insert(THINGS, suffix="on conflict do nothing")
    assert insert.text.startswith('insert into thing ("id", "name", "metadata") select u."id", u."name", u."metadata"::jsonb from unnest(')
    one, two = new_id(), new_id()
    assert insert.parameters([{"id": one, "name": "a", "metadata": {"x": 1}}, {"id": two, "name": "b", "metadata": None}]) == {
        "id": array_of("UUID", [one, two]),
        "name": array_of("TEXT", ["a", "b"]),
        "metadata": array_of("TEXT", ['{"x":1}', None]),
    }
    update = bulk_update(THINGS, key=["id"], columns=["name"])
    assert update.text.endswith('where thing."id" = u."id"')
    assert list(update.columns) == ["id", "name"]


def test_times_are_in_utc() -> None:
    assert SystemClock().now().tzinfo is UTC
    assert SystemClock().now() <= datetime.now(UTC)
