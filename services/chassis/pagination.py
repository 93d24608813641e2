"""Lists in pages by keyset: a page token names the last row seen and is bound to the filters and the order it was made for."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from google.protobuf.message import Message
from sqlalchemy import ColumnElement, Integer, Select, and_, func, literal, or_, select, tuple_

from services.chassis.errors import Invalid

DEFAULT_SIZE = 20
LARGEST_SIZE = 100
_PAGING_FIELDS = ("page_size", "page_token", "skip", "include_total")


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows of a list are wanted, in which order."""

    size: int
    skip: int
    include_total: bool
    sort_key: str
    descending: bool
    after: tuple[object, object] | None
    fingerprint: str

    def next_token(self, rows: Sequence[Mapping[str, Any]]) -> str:
        """The token of the following page; empty if this one is the last. `rows` as fetched, one more than the size if there are more."""
        if len(rows) <= self.size:
            return ""
        last = rows[self.size - 1]
        token = orjson.dumps([self.fingerprint, _packed(last["page_key"]), _packed(last["id"])])
        return base64.urlsafe_b64encode(token).decode().rstrip("=")


def page_of(request: Message, sort_keys: Sequence[str] = ("created_at",), default: str = "-created_at") -> Page:
    """Read the paging fields of a list request. Invalid for an unknown order or a token of another list."""
    fields = request.DESCRIPTOR.fields_by_name
    order_by: str = (getattr(request, "order_by", "") if "order_by" in fields else "") or default
    sort_key, descending = order_by.removeprefix("-"), order_by.startswith("-")
    if sort_key not in sort_keys:
        raise Invalid("ORDER_BY_UNKNOWN", f"order_by is one of {', '.join(sort_keys)}, with - in front for descending", field="order_by")
    fingerprint = _fingerprint(request)
    return Page(
        size=min(request.page_size or DEFAULT_SIZE, LARGEST_SIZE),  # type: ignore[attr-defined]
        skip=getattr(request, "skip", 0),
        include_total=getattr(request, "include_total", False),
        sort_key=sort_key,
        descending=descending,
        after=_opened(request.page_token, fingerprint),  # type: ignore[attr-defined]
        fingerprint=fingerprint,
    )


def paged(
    query: Select[Any], page: Page, sort_column: ColumnElement[Any], id_column: ColumnElement[Any], *, nullable: bool = False
) -> Select[Any]:
    """The page of a filtered query: adds `page_key`, order, keyset and limit. Rows of a nullable column without a value come last."""
    query = query.add_columns(sort_column.label("page_key"))
    if page.after is not None:
        query = query.where(_behind(page.after, page.descending, sort_column, id_column, nullable))
    order = (sort_column.desc(), id_column.desc()) if page.descending else (sort_column.asc(), id_column.asc())
    if nullable:
        order = (order[0].nulls_last(), order[1])
    return query.order_by(*order).limit(page.size + 1).offset(page.skip)


def counted(query: Select[Any]) -> Select[Any]:
    """How many rows a filtered query has, as `total`."""
    return select(func.count().label("total")).select_from(query.order_by(None).subquery())


def _behind(
    after: tuple[object, object], descending: bool, sort_column: ColumnElement[Any], id_column: ColumnElement[Any], nullable: bool
) -> ColumnElement[bool]:
    """What comes behind the row that a token names."""
    row_id = literal(_fitting(after[1], id_column), id_column.type)
    if nullable and after[0] == list(_packed(None)):
        return and_(sort_column.is_(None), id_column < row_id if descending else id_column > row_id)
    here, position = tuple_(sort_column, id_column), tuple_(literal(_fitting(after[0], sort_column), sort_column.type), row_id)
    behind = here < position if descending else here > position
    return or_(behind, sort_column.is_(None)) if nullable else behind


def _fingerprint(request: Message) -> str:
    filters = type(request)()
    filters.CopyFrom(request)
    for name in _PAGING_FIELDS:
        if name in filters.DESCRIPTOR.fields_by_name:
            filters.ClearField(name)
    digest = hashlib.blake2b(filters.SerializeToString(deterministic=True), key=filters.DESCRIPTOR.full_name.encode()[:64], digest_size=9)
    return base64.urlsafe_b64encode(digest.digest()).decode()


def _opened(token: str, fingerprint: str) -> tuple[object, object] | None:
    if not token:
        return None
    try:
        bound_to, key, row_id = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        _unpacked(key)
        _unpacked(row_id)
    except (ValueError, TypeError, AttributeError):
        raise Invalid("PAGE_TOKEN_INVALID", "page_token is not one that this list gave out", field="page_token") from None
    if bound_to != fingerprint:
        raise Invalid("PAGE_TOKEN_INVALID", "page_token belongs to a list with other filters or order", field="page_token")
    return key, row_id


def _fitting(packed: object, column: ColumnElement[Any]) -> object:
    """A value that can be compared with the column's; callers may have made up the token."""
    value = _unpacked(packed)
    bits = 31 if type(column.type) is Integer else 63
    if not isinstance(value, column.type.python_type) or (isinstance(value, int) and abs(value) >= 2**bits):
        raise Invalid("PAGE_TOKEN_INVALID", "page_token is not one that this list gave out", field="page_token")
    return value


def _packed(value: object) -> tuple[str, object]:
    if value is None:
        return "n", None
    if isinstance(value, datetime):
        return "t", value.isoformat()
    return ("u", str(value)) if isinstance(value, UUID) else ("v", value)


def _unpacked(packed: object) -> object:
    if not isinstance(packed, list) or len(packed) != 2:
        raise ValueError("not a packed value")
    kind: object = packed[0]
    value: object = packed[1]
    if kind == "n":
        return None
    if kind == "t" and isinstance(value, str):
        return datetime.fromisoformat(value)
    if kind == "u" and isinstance(value, str):
        return UUID(value)
    if not isinstance(value, str | int) or "\0" in str(value):
        raise ValueError("neither a text that a database holds nor a number")
    return value
