"""The table of what happened: a line for each kind of fact at each instant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.table import Table

from tools.bursar.spans import read_instant, spelled

_MOST_LINES = 200


def print_happenings(console: Console, advance: Mapping[str, Any], happenings: Iterable[Mapping[str, Any]]) -> None:
    """What came true, by instants; beyond some screens only the sums."""
    lines = list(_lines(happenings))
    if lines:
        _print_table(console, ("when", "fact", "service", "count"), lines[:_MOST_LINES])
    if len(lines) > _MOST_LINES:
        console.print(f"… and {len(lines) - _MOST_LINES} lines more; in all:", highlight=False)
        _print_table(console, ("fact", "count"), [(each["type"], str(each["count"])) for each in advance["counts"]])
    instants, facts = advance["steps"], advance["happenings_count"]
    seconds = (read_instant(advance["finished_at"]) - read_instant(advance["created_at"])).total_seconds()
    since, until = (spelled(read_instant(advance[name])) for name in ("from_time", "to_time"))
    console.print(
        f"{since} → {until}: {facts} {'fact' if facts == 1 else 'facts'} at {instants} {'instant' if instants == 1 else 'instants'}, "
        f"in {seconds:.1f} s",
        highlight=False,
        soft_wrap=True,
    )


def _lines(happenings: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, ...]]:
    """Facts of the same kind of one instant count as one line; they stand in order."""
    for occurred_at, together in groupby(happenings, key=lambda each: str(each["occurred_at"])):
        counts: dict[tuple[str, str], int] = {}
        for each in together:
            kind = (each["type"], each["service"])
            counts[kind] = counts.get(kind, 0) + 1
        when = spelled(read_instant(occurred_at))
        for (type, service), count in counts.items():
            yield when, type, service, str(count)
            when = ""


def _print_table(console: Console, names: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        table.add_column(name, justify="right" if name == "count" else "left", no_wrap=True)
    for line in lines:
        table.add_row(*line)
    console.print(table, soft_wrap=True)
