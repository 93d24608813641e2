"""Shows how far an advance is: a bar on a terminal, otherwise a line whenever something changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tools.bursar.spans import read_instant, spelled

Show = Callable[[Mapping[str, Any]], None]
"""Takes an advance as it stands."""


@contextmanager
def showing(console: Console) -> Iterator[Show]:
    """What shows an advance each time it is told."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (TextColumn("{task.fields[now]}"), BarColumn(), TextColumn("{task.fields[said]}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("advance", total=1.0, now="", said="")

        def show(advance: Mapping[str, Any]) -> None:
            bar.update(task, completed=_share(advance), now=_now(advance), said=_said(advance))

        yield show


class _Lines:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = ""

    def __call__(self, advance: Mapping[str, Any]) -> None:
        line = f"{_now(advance)}  {_said(advance)}"
        if line != self._last:
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)
            self._last = line


def _now(advance: Mapping[str, Any]) -> str:
    return spelled(read_instant(advance["now"]))


def _said(advance: Mapping[str, Any]) -> str:
    count = advance["happenings_count"]
    facts = f"{count} {'fact' if count == 1 else 'facts'}"
    waiting = advance["waiting_for"]
    return f"{facts}, waiting: {'; '.join(waiting[:2])}" if waiting else facts


def _share(advance: Mapping[str, Any]) -> float:
    since, until, now = (_seconds(advance[name]) for name in ("from_time", "to_time", "now"))
    return (now - since) / (until - since) if until > since else 1.0


def _seconds(text: str) -> float:
    instant: datetime = read_instant(text)
    return instant.timestamp()
