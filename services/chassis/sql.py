"""SQL that SQLAlchemy Core writes once and psycopg runs.

A statement is composed with Core, compiled when its module is loaded, and sent by psycopg with named parameters. So the SQL stays
explicit and checked against the tables, and a call costs a dictionary and a round trip. See docs/decisions/0002.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import orjson
from psycopg.types.json import Jsonb
from sqlalchemy import BindParameter, ClauseElement, Column, Executable, Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import iterate

from services.chassis.arrays import array_of

_DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Statement:
    """Compiled SQL with the values of its literals; the other parameters come with the call."""

    text: str
    literals: Mapping[str, object] = field(default_factory=dict)

    def parameters(self, given: Mapping[str, object]) -> Mapping[str, object]:
        """All parameters of one call."""
        return {**self.literals, **given} if self.literals else given


def compile_statement(clause: Executable) -> Statement:
    """Compile a Core statement. `bindparam("x")` becomes the parameter `x` of the call."""
    for element in iterate(cast(ClauseElement, clause)):
        if isinstance(element, BindParameter):
            element.required = False  # its value comes with the call, so there is none to miss now
    compiled = clause.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})  # type: ignore[attr-defined]
    assert isinstance(compiled, SQLCompiler)
    literals: dict[str, object] = {}
    for name, value in compiled.params.items():
        bind = compiled.binds.get(name)  # none for the values of an IN list, which are written out one by one
        if value is not None:
            literals[name] = value if bind is None else _plain(bind.type, value)
    return Statement(str(compiled), literals)


def _plain(kind: object, value: object) -> object:
    return Jsonb(value) if isinstance(kind, JSONB) else value


@dataclass(frozen=True, slots=True)
class BulkStatement:
    """A statement over many rows, which travel as one array for each column."""

    text: str
    columns: Mapping[str, str]
    """Their types, as arrays of which they travel."""
    json_columns: frozenset[str]

    def parameters(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, object]:
        """One array for each column."""
        return {
            name: array_of(kind, [_as_text(row[name]) for row in rows] if name in self.json_columns else [row[name] for row in rows])
            for name, kind in self.columns.items()
        }


def _as_text(value: object) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def bulk_insert(table: Table, *, suffix: str = "", leave_out: Sequence[str] = ()) -> BulkStatement:
    """INSERT … SELECT FROM unnest of all columns but `leave_out`; `suffix` is e.g. `on conflict do nothing returning id`."""
    columns = [column for column in table.columns if column.name not in leave_out]
    names = ", ".join(f'"{column.name}"' for column in columns)
    values = ", ".join(_value(column) for column in columns)
    text = f"insert into {table.name} ({names}) select {values} from {_unnest(columns)} {suffix}".rstrip()
    return _bulk(text, columns)


def bulk_update(table: Table, *, key: Sequence[str], columns: Sequence[str], suffix: str = "") -> BulkStatement:
    """UPDATE … FROM unnest: sets `columns` of the rows that `key` names."""
    chosen = [table.columns[name] for name in (*key, *columns)]
    assignments = ", ".join(f'"{name}" = {_value(table.columns[name])}' for name in columns)
    match = " and ".join(f'{table.name}."{name}" = u."{name}"' for name in key)
    text = f"update {table.name} set {assignments} from {_unnest(chosen)} where {match} {suffix}".rstrip()
    return _bulk(text, chosen)


def _bulk(text: str, columns: Sequence[Column[Any]]) -> BulkStatement:
    json_columns = frozenset(column.name for column in columns if isinstance(column.type, JSONB))
    return BulkStatement(text, {column.name: _element_type(column) for column in columns}, json_columns)


def _unnest(columns: Sequence[Column[Any]]) -> str:
    arrays = ", ".join(f"%({column.name})s::{_element_type(column)}[]" for column in columns)
    names = ", ".join(f'"{column.name}"' for column in columns)
    return f"unnest({arrays}) as u({names})"


def _element_type(column: Column[Any]) -> str:
    return "TEXT" if isinstance(column.type, JSONB) else str(column.type.compile(dialect=_DIALECT))


def _value(column: Column[Any]) -> str:
    return f'u."{column.name}"' + ("::jsonb" if isinstance(column.type, JSONB) else "")
