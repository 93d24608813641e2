"""Conditions of lists, in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_


def matching(query: Select[Any], *conditions: ColumnElement[bool] | None) -> Select[Any]:
    """The query with the conditions that are there."""
    return query.where(*(condition for condition in conditions if condition is not None))


def contains(text: str, *columns: ColumnElement[Any]) -> ColumnElement[bool] | None:
    """Whether one of the columns contains the text, without case; % and _ stand for themselves."""
    if not text:
        return None
    return or_(*(column.icontains(text, autoescape=True) for column in columns))


def among(column: ColumnElement[Any], values: Sequence[object]) -> ColumnElement[bool] | None:
    """Whether the column has one of the values; no values leave nothing out."""
    return column.in_(values) if values else None


def has_entries(column: ColumnElement[Any], entries: Mapping[str, str]) -> ColumnElement[bool] | None:
    """Whether a map in JSON has each of these entries, compared as texts."""
    return and_(*(column[key].astext == value for key, value in entries.items())) if entries else None
