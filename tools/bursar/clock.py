"""`bursar clock`: the clock of a sandbox."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console

from tools.bursar.endings import told_errors
from tools.bursar.happenings import print_happenings
from tools.bursar.progress import Show, showing
from tools.bursar.spans import later, read_instant, spelled
from tools.bursar.suite import Suite, SuiteError, find_access

_CLOCK = "/platform/v1/clock"
_FINISHED = "CLOCK_ADVANCE_STATUS_FINISHED"
_FIRST_SECONDS = 1.0
_LOOK_SECONDS = 0.2
_AWAY_SECONDS = 30.0

_EXAMPLES = """Examples:

bursar clock advance --by 1mo

bursar clock advance --to 2027-01-31T12:00Z
"""

application = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="See and advance the clock of a sandbox; live organizations have none.",
    short_help="See and advance the clock of a sandbox.",
)

_Url = Annotated[str | None, typer.Option(metavar="URL", help="Where the edge is. Default: BURSAR_EDGE_URL, then what `make up` started.")]
_Token = Annotated[
    str | None,
    typer.Option(metavar="TOKEN", help="Access token of the sandbox. Default: BURSAR_SANDBOX_TOKEN, then the sandbox of `make up`."),
]
_Json = Annotated[bool, typer.Option("--json", help="Print what the suite answered, for programs.")]
_To = Annotated[str | None, typer.Option(metavar="TIME", help="2027-01-31 or 2027-01-31T12:00Z; UTC unless it says otherwise.")]
_By = Annotated[str | None, typer.Option(metavar="SPAN", help="30d, 12h, 2w, 3mo, 1y6mo; months and years by the calendar.")]

T = TypeVar("T")


@application.command()
def show(url: _Url = None, token: _Token = None, as_json: _Json = False) -> None:
    """Say what time it is in the sandbox.

    And if an advance is under way, how far it is and what it waits for.
    """
    with told_errors():
        suite, console = Suite(find_access(url, token)), Console()
        clock = suite.get(_CLOCK)
        if as_json:
            typer.echo(json.dumps(clock, indent=2))
            return
        console.print(f"sandbox {clock['organization_id']}: {spelled(read_instant(clock['now']))} UTC", highlight=False, soft_wrap=True)
        if clock.get("clock_advance_id"):
            _print_running(console, suite.get(f"{_CLOCK}/advances/{clock['clock_advance_id']}"))


@application.command(epilog=_EXAMPLES)
def advance(to: _To = None, by: _By = None, url: _Url = None, token: _Token = None, as_json: _Json = False) -> None:
    """Move the clock forward, to a time or by a span.

    All that is due on the way happens in due order. Returns when the suite has settled, and tells what happened.

    Ctrl-C stops the showing, not the advance; `bursar clock show` tells how far it is.
    """
    if (to is None) == (by is None):
        raise typer.BadParameter("say where to by --to TIME or how far by --by SPAN, one of the two")
    with told_errors():
        suite, console = Suite(find_access(url, token)), Console()
        target = _target(suite, to, by)
        with showing(Console(stderr=True) if as_json else console) as told:
            finished = _advanced(suite, target, told)
        if as_json:
            typer.echo(json.dumps(finished, indent=2))
        else:
            print_happenings(console, finished, _happenings(suite, finished))


def _target(suite: Suite, to: str | None, by: str | None) -> datetime:
    try:
        return read_instant(to) if to is not None else later(read_instant(suite.get(_CLOCK)["now"]), by or "")
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _advanced(suite: Suite, target: datetime, told: Show) -> dict[str, Any]:
    """The advance when it is finished."""
    # Instants, not spans: a repeated request must mean the same.
    request = {"request_id": str(uuid.uuid4()), "to": target.isoformat().replace("+00:00", "Z")}
    found = suite.post(f"{_CLOCK}:advance", request, seconds=_FIRST_SECONDS)
    told(found)
    path = f"{_CLOCK}/advances/{found['id']}"
    while found["status"] != _FINISHED:
        time.sleep(_LOOK_SECONDS)
        found = _patiently(lambda: suite.get(path))
        told(found)
    return found


def _patiently(call: Callable[[], T]) -> T:
    """A suite that is away for a moment ends nothing: the advance goes on without us."""
    until = time.monotonic() + _AWAY_SECONDS
    while True:
        try:
            return call()
        except SuiteError as error:
            if not error.passing or time.monotonic() > until:
                raise
            time.sleep(_LOOK_SECONDS)


def _happenings(suite: Suite, finished: dict[str, Any]) -> Iterator[dict[str, Any]]:
    token = ""
    while True:
        page = suite.get(f"{_CLOCK}/advances/{finished['id']}/happenings", page_size="100", page_token=token)
        yield from page["happenings"]
        token = page["next_page_token"]
        if not token:
            return


def _print_running(console: Console, running: dict[str, Any]) -> None:
    to, now = (spelled(read_instant(running[name])) for name in ("to_time", "now"))
    console.print(f"on its way to {to}: at {now}, {running['happenings_count']} facts so far", highlight=False, soft_wrap=True)
    for sentence in running["waiting_for"]:
        console.print(f"waiting: {sentence}", markup=False, highlight=False, soft_wrap=True)
