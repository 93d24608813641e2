"""Lists as CSV files (RFC 4180), row by row, for spreadsheets and for programs.

Amounts have the decimals of their currency, times the offset of the zone asked for. A text that a spreadsheet would take for a formula
gets an apostrophe in front: customers write some of these texts themselves.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from google.api.httpbody_pb2 import HttpBody

from services.chassis.call import StreamCall
from services.chassis.errors import Invalid
from services.chassis.money import Money
from services.chassis.time_zones import time_zone_names

PAGE_ROWS = 500
"""Rows of one page, that is of one transaction and one chunk. Memory does not grow beyond it."""
_CONTENT_TYPE = "text/csv; charset=utf-8"
_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")

R = TypeVar("R")
Cell = str | int | bool | datetime | Money | None


@dataclass(frozen=True, slots=True)
class Table(Generic[R]):
    """What can be exported: the cell of each column of a row, and how many of the first columns are taken unless some are named."""

    columns: Mapping[str, Callable[[R], Cell]]
    usual: int

    def writer(self, columns: Sequence[str], time_zone: str) -> Writer[R]:
        """For the columns asked for. COLUMN_UNKNOWN, TIME_ZONE_UNKNOWN."""
        unknown = [name for name in columns if name not in self.columns]
        if unknown:
            raise Invalid("COLUMN_UNKNOWN", f"columns are {', '.join(self.columns)}; not {unknown[0]!r}", field="columns")
        names = columns or list(self.columns)[: self.usual]
        return Writer({name: self.columns[name] for name in names}, zone_named(time_zone))


@dataclass(frozen=True, slots=True)
class Writer(Generic[R]):
    """Writes rows as lines."""

    columns: Mapping[str, Callable[[R], Cell]]
    zone: ZoneInfo

    def header(self) -> bytes:
        return _lines([list(self.columns)])

    def lines(self, rows: Sequence[R]) -> bytes:
        return _lines([[self._text(cell(row)) for cell in self.columns.values()] for row in rows])

    def _text(self, cell: Cell) -> str:
        if isinstance(cell, str):
            return defused(cell)
        if isinstance(cell, datetime):
            return cell.astimezone(self.zone).isoformat(timespec="seconds")
        if isinstance(cell, bool):
            return "true" if cell else "false"
        return cell.decimal() if isinstance(cell, Money) else "" if cell is None else str(cell)


async def keyset_pages(behind: Callable[[R | None, int], Awaitable[Sequence[R]]], size: int = PAGE_ROWS) -> AsyncIterator[Sequence[R]]:
    """All rows, as `behind` reads the next `size` after the last one seen, the first ones after None."""
    page: Sequence[R] = await behind(None, size)
    while page:
        yield page
        page = await behind(page[-1], size) if len(page) == size else ()


async def stream_csv(call: StreamCall, file_name: str, writer: Writer[R], pages: AsyncIterator[Sequence[R]]) -> AsyncIterator[HttpBody]:
    """The answers of a method that exports; a chunk a page. An error of the first page is answered before anything is sent."""
    call.answer_metadata["content-disposition"] = f'attachment; filename="{file_name}"'
    chunk = writer.header()
    content_type = _CONTENT_TYPE
    async for page in pages:
        yield HttpBody(content_type=content_type, data=chunk + writer.lines(page))
        chunk, content_type = b"", ""
    if chunk:
        yield HttpBody(content_type=content_type, data=chunk)


def zone_named(name: str) -> ZoneInfo:
    """The zone with an IANA name. TIME_ZONE_UNKNOWN."""
    if name not in time_zone_names():
        raise Invalid("TIME_ZONE_UNKNOWN", f"{name!r} is not the IANA name of a time zone", field="time_zone")
    return ZoneInfo(name)


def defused(text: str) -> str:
    """The text as no spreadsheet computes it. Numbers stay as they are."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()
