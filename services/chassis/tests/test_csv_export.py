"""CSV as spreadsheets and programs read it back."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.call import StreamCall
from services.chassis.csv_export import Cell, Table, defused, keyset_pages, stream_csv
from services.chassis.errors import Invalid
from services.chassis.money import Money

AT = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
TABLE: Table[dict[str, Cell]] = Table(
    {"name": lambda row: row.get("name"), "amount": lambda row: row.get("amount"), "at": lambda row: row.get("at")}, usual=2
)


def read_back(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money("eur", 123456), "1234.56"),
        (Money("eur", -5), "-0.05"),
        (Money("jpy", 500), "500"),
        (Money("kwd", 1500), "1.500"),
        (Money("usd", 0), "0.00"),
    ],
)
def test_amounts_have_the_decimals_of_their_currency(money: Money, text: str) -> None:
    assert TABLE.writer(["amount"], "UTC").lines([{"amount": money}]) == f"{text}\r\n".encode()


def test_times_are_told_in_the_zone_asked_for() -> None:
    assert TABLE.writer(["at"], "Europe/Berlin").lines([{"at": AT}]) == b"2026-02-01T00:30:00+01:00\r\n"


def test_the_first_columns_are_taken_unless_some_are_named() -> None:
    assert TABLE.writer([], "UTC").header() == b"name,amount\r\n"
    assert TABLE.writer(["at", "name"], "UTC").header() == b"at,name\r\n"


@pytest.mark.parametrize(
    ("columns", "zone", "reason", "field"),
    [
        (["name", "secret"], "UTC", "COLUMN_UNKNOWN", "columns"),
        ([], "Mars/Olympus", "TIME_ZONE_UNKNOWN", "time_zone"),
        ([], "../../etc/passwd", "TIME_ZONE_UNKNOWN", "time_zone"),
        ([], "localtime", "TIME_ZONE_UNKNOWN", "time_zone"),
    ],
)
def test_unknown_columns_and_zones_are_refused_by_name(columns: list[str], zone: str, reason: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        TABLE.writer(columns, zone)
    assert (refused.value.reason, refused.value.violations[0].field) == (reason, field)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30 1", "'+49 30 1"),
        ("-cmd|'/c calc'!A0", "'-cmd|'/c calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("-12.50", "-12.50"),
        ("+7", "+7"),
        ("Ada = 1", "Ada = 1"),
        ("", ""),
    ],
)
def test_a_text_that_looks_like_a_formula_is_defused(text: str, cell: str) -> None:
    assert defused(text) == cell


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1), min_size=1, max_size=20))
def test_any_text_comes_back_as_it_was_written(texts: list[str]) -> None:
    written = TABLE.writer(["name", "amount"], "UTC").lines([{"name": text, "amount": 1} for text in texts])
    assert read_back(written) == [[defused(text), "1"] for text in texts]


async def pages_of(*pages: Sequence[dict[str, Cell]]) -> AsyncIterator[Sequence[dict[str, Cell]]]:
    for page in pages:
        yield page


async def test_the_first_chunk_says_what_it_is_and_a_chunk_is_a_page() -> None:
    call = StreamCall("export", None, {})
    pages = pages_of([{"name": "a"}], [{"name": "b"}, {"name": "c"}])
    chunks = [chunk async for chunk in stream_csv(call, "names.csv", TABLE.writer(["name"], "UTC"), pages)]
    assert [chunk.content_type for chunk in chunks] == ["text/csv; charset=utf-8", ""]
    assert [chunk.data for chunk in chunks] == [b"name\r\na\r\n", b"b\r\nc\r\n"]
    assert call.answer_metadata == {"content-disposition": 'attachment; filename="names.csv"'}


async def test_an_empty_list_is_a_header() -> None:
    chunks = [chunk async for chunk in stream_csv(StreamCall("export", None, {}), "x.csv", TABLE.writer(["name"], "UTC"), pages_of())]
    assert [(chunk.content_type, chunk.data) for chunk in chunks] == [("text/csv; charset=utf-8", b"name\r\n")]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4])
async def test_pages_are_read_until_one_is_not_full(count: int) -> None:
    reads = list[int | None]()

    async def behind(last: int | None, most: int) -> list[int]:
        reads.append(last)
        first = 0 if last is None else last + 1
        return list(range(first, min(first + most, count)))

    pages = [page async for page in keyset_pages(behind, size=2)]
    assert [number for page in pages for number in page] == list(range(count))
    assert len(reads) == count // 2 + 1
