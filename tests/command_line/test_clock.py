"""`bursar clock`, with a suite in memory that answers as the edge does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from tools.bursar.application import application
from tools.bursar.endings import told_errors
from tools.bursar.spans import later, read_instant, spelled
from tools.bursar.suite import Access, SuiteError, find_access

START = datetime(2026, 1, 31, tzinfo=UTC)
HAPPENINGS = [
    {"occurred_at": "2026-02-28T00:00:00Z", "type": "subscription.cycled", "service": "subscription"},
    {"occurred_at": "2026-02-28T00:00:00Z", "type": "subscription.cycled", "service": "subscription"},
    {"occurred_at": "2026-02-28T00:00:00Z", "type": "order.paid", "service": "checkout"},
    {"occurred_at": "2026-03-31T00:00:00Z", "type": "order.paid", "service": "checkout"},
]


class Edge:
    """What the clock's REST API answers. An advance is finished after it was looked at `looks` times."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, Any]] = []
        self.looks = 0
        self.refusal: tuple[int, dict[str, Any]] | None = None
        self.hiccups = 0

    def answer(self, method: str, path: str, body: Any) -> tuple[int, dict[str, Any]]:
        self.requests.append((method, path, body))
        if self.refusal is not None:
            return self.refusal
        if path == "/platform/v1/clock":
            return 200, {"organization_id": "o1", "status": "CLOCK_STATUS_READY", "now": "2026-01-31T00:00:00Z"}
        if path == "/platform/v1/clock:advance":
            return 200, self.advance(body["to"])
        if "/happenings" in path:
            first = "page_token=&" in path or path.endswith("page_token=")
            return 200, {"happenings": HAPPENINGS[:3] if first else HAPPENINGS[3:], "next_page_token": "t" if first else ""}
        if self.hiccups:
            self.hiccups -= 1
            return 503, {"code": 14, "message": "no healthy upstream", "details": [{"reason": "SERVICE_UNAVAILABLE"}]}
        self.looks -= 1
        return 200, self.advance("2026-03-31T00:00:00Z")

    def advance(self, to: str) -> dict[str, Any]:
        finished = self.looks <= 0
        return {
            "id": "a1",
            "status": f"CLOCK_ADVANCE_STATUS_{'FINISHED' if finished else 'RUNNING'}",
            "from_time": "2026-01-31T00:00:00Z",
            "to_time": to,
            "now": to if finished else "2026-02-28T00:00:00Z",
            "steps": 2,
            "waiting_for": [] if finished else ["checkout has 1 fact to take"],
            "counts": [{"type": "order.paid", "count": 2}, {"type": "subscription.cycled", "count": 2}],
            "happenings_count": 4,
            "created_at": "2026-01-01T00:00:00Z",
            "finished_at": "2026-01-01T00:00:01.5Z",
        }


@pytest.fixture
def edge() -> Edge:
    return Edge()


@pytest.fixture
def url(edge: Edge) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("content-length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            if self.headers["authorization"] != "Bearer good":
                status, answer = 401, {"code": 16, "message": "unknown token", "details": [{"reason": "UNAUTHENTICATED"}]}
            else:
                status, answer = edge.answer(self.command, self.path, body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        do_GET = do_POST = _serve

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


Bursar = Callable[..., tuple[int, str]]


@pytest.fixture
def bursar(url: str) -> Bursar:
    """Runs a command as the token's owner; its exit status and all that it said."""

    def run(*arguments: str, token: str = "good") -> tuple[int, str]:
        ended = CliRunner().invoke(application, [*arguments, "--url", url, "--token", token], env={"COLUMNS": "120"})
        return ended.exit_code, ended.output

    return run


def test_it_shows_the_time_of_the_sandbox(bursar: Bursar) -> None:
    assert bursar("clock", "show") == (0, "sandbox o1: 2026-01-31 00:00 UTC\n")


def test_an_advance_is_followed_to_its_end_and_told_by_instants(bursar: Bursar, edge: Edge) -> None:
    edge.looks, edge.hiccups = 2, 1
    status, said = bursar("clock", "advance", "--by", "2mo")
    assert status == 0
    assert [" ".join(line.split()) for line in said.splitlines()] == [
        "2026-02-28 00:00 4 facts, waiting: checkout has 1 fact to take",
        "2026-03-31 00:00 4 facts",
        "when fact service count",
        "2026-02-28 00:00 subscription.cycled subscription 2",
        "order.paid checkout 1",
        "2026-03-31 00:00 order.paid checkout 1",
        "2026-01-31 00:00 → 2026-03-31 00:00: 4 facts at 2 instants, in 1.5 s",
    ]
    (request,) = [body for method, _, body in edge.requests if method == "POST"]
    assert request["to"] == "2026-03-31T00:00:00Z"


def test_a_date_is_its_beginning(bursar: Bursar, edge: Edge) -> None:
    assert bursar("clock", "advance", "--to", "2026-03-31")[0] == 0
    assert edge.requests[0][2]["to"] == "2026-03-31T00:00:00Z"


def test_programs_get_what_the_suite_answered(bursar: Bursar) -> None:
    status, said = bursar("clock", "advance", "--to", "2026-03-31", "--json")
    assert status == 0
    assert json.loads(said[said.index("{") :])["id"] == "a1"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "--to TIME or how far by --by SPAN"),
        (("--to", "2026-03-31", "--by", "1d"), "one of the two"),
        (("--by", "soon"), "soon is not a span of time such as 30d"),
        (("--to", "31.3.2026"), "31.3.2026 is not a time such as 2027-01-31"),
        (("30d",), "30d"),
    ],
)
def test_what_cannot_be_meant_is_told(bursar: Bursar, edge: Edge, arguments: tuple[str, ...], told: str) -> None:
    status, said = bursar("clock", "advance", *arguments)
    assert status == 2
    assert told in said
    assert [method for method, _, _ in edge.requests if method == "POST"] == []


def test_a_refusal_is_told_with_its_reason(bursar: Bursar, edge: Edge) -> None:
    edge.refusal = 400, {"code": 3, "message": "the clock stands at noon", "details": [{"reason": "CLOCK_BACKWARDS"}]}
    assert bursar("clock", "advance", "--to", "2026-03-31") == (1, "CLOCK_BACKWARDS: the clock stands at noon\n")


def test_whoever_has_no_clock_is_told_whose_token_to_give(bursar: Bursar, edge: Edge) -> None:
    edge.refusal = 400, {"code": 9, "message": "only a sandbox has a clock", "details": [{"reason": "ORGANIZATION_NOT_SANDBOX"}]}
    status, said = bursar("clock", "show")
    assert (status, said.splitlines()[0]) == (1, "ORGANIZATION_NOT_SANDBOX: only a sandbox has a clock")
    assert "--token" in said


def test_whoever_interrupts_is_told_that_an_advance_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended, told_errors():
        raise KeyboardInterrupt
    assert (ended.value.exit_code, "bursar clock show" in capsys.readouterr().err) == (130, True)


def test_a_token_that_is_not_good_is_told_with_what_to_do(bursar: Bursar) -> None:
    status, said = bursar("clock", "show", token="bad")
    assert status == 1
    assert "BURSAR_SANDBOX_TOKEN" in said


def test_a_suite_that_does_not_run_is_told_with_what_to_do() -> None:
    ended = CliRunner().invoke(application, ["clock", "show", "--url", "http://127.0.0.1:1", "--token", "good"])
    assert ended.exit_code == 1
    assert "make up-detached" in ended.output


@pytest.mark.parametrize("command", [[], ["clock"], ["clock", "show"], ["clock", "advance"]])
def test_every_command_explains_itself(command: list[str]) -> None:
    ended = CliRunner().invoke(application, [*command, "--help"])
    assert ended.exit_code == 0
    assert "Usage" in ended.output


def stack_file(folder: Path) -> Path:
    file = folder / "stack.json"
    file.write_text(json.dumps({"edge": {"http": "http://local"}, "access_token": "live", "sandbox": {"access_token": "sandbox"}}))
    return file


@pytest.mark.parametrize(
    ("url", "token", "environment", "access"),
    [
        (None, None, {}, Access("http://local", "sandbox")),
        (None, None, {"BURSAR_EDGE_URL": "http://local", "BURSAR_ACCESS_TOKEN": "live"}, Access("http://local", "sandbox")),
        (None, None, {"BURSAR_SANDBOX_TOKEN": "mine"}, Access("http://local", "mine")),
        (None, "given", {"BURSAR_SANDBOX_TOKEN": "mine"}, Access("http://local", "given")),
        # What belongs to the local suite is not shown to another one.
        ("http://far/", None, {"BURSAR_ACCESS_TOKEN": "theirs"}, Access("http://far", "theirs")),
    ],
)
def test_options_come_before_variables_and_these_before_the_local_suite(
    tmp_path: Path, url: str | None, token: str | None, environment: dict[str, str], access: Access
) -> None:
    assert find_access(url, token, environment, stack_file(tmp_path)) == access


def test_without_a_suite_or_a_token_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="make up-detached"):
        find_access(None, None, {}, tmp_path / "stack.json")
    with pytest.raises(SuiteError, match="--token"):
        find_access("http://far", None, {}, stack_file(tmp_path))
    with pytest.raises(SuiteError, match=r"127\.0\.0\.1:8080 is not an address"):
        find_access("127.0.0.1:8080", "good", {}, stack_file(tmp_path))
    with pytest.raises(SuiteError, match="not an access token"):
        find_access("http://far", "gööd", {}, stack_file(tmp_path))


@pytest.mark.parametrize(
    ("span", "instant"),
    [
        ("30d", START + timedelta(days=30)),
        ("1mo", datetime(2026, 2, 28, tzinfo=UTC)),
        ("1y6mo", datetime(2027, 7, 31, tzinfo=UTC)),
        ("2w12h", START + timedelta(days=14, hours=12)),
        ("90s", START + timedelta(seconds=90)),
        ("5m", START + timedelta(minutes=5)),
        ("1d1d", START + timedelta(days=2)),
    ],
)
def test_a_span_is_added_by_the_calendar(span: str, instant: datetime) -> None:
    assert later(START, span) == instant


@pytest.mark.parametrize("span", ["", "d", "30", "-1d", "1x", "1.5d", "99999y", "999999999y", "1 d"])
def test_what_is_no_span_is_refused(span: str) -> None:
    with pytest.raises(ValueError):
        later(START, span)


def test_instants_are_utc_unless_they_say_otherwise() -> None:
    assert read_instant("2027-01-31") == datetime(2027, 1, 31, tzinfo=UTC)
    assert read_instant("2027-01-31T12:00+02:00") == datetime(2027, 1, 31, 10, tzinfo=UTC)
    assert spelled(datetime(2027, 1, 31, 10, 0, 7, tzinfo=UTC)) == "2027-01-31 10:00:07"
