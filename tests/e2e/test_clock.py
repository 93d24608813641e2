"""The clock of a sandbox, through the edge and all real services."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from bursar.identity.v1 import clock_service_pb2
from google.protobuf.duration_pb2 import Duration

from deploy.local.stack import Stack
from tests.e2e.calls import by_grpc
from tests.e2e.merchants import Merchant, found_sandbox

ROOT = Path(__file__).parents[2]
FINISHED = "CLOCK_ADVANCE_STATUS_FINISHED"
SECONDS = 30.0


@pytest.fixture
def sandbox(stack: Stack) -> Merchant:
    """A sandbox whose clock starts with the year 2026."""
    return found_sandbox(stack, clock_start="2026-01-01T00:00:00Z")


def followed(sandbox: Merchant, request: dict[str, Any]) -> dict[str, Any]:
    """The advance when it is finished, asked for again and again as a caller does."""
    until = time.monotonic() + SECONDS
    while True:
        advance = sandbox.rest("POST", "clock:advance", json=request, headers={"grpc-timeout": "1S"})
        if advance.is_success and advance.json()["status"] == FINISHED:
            return dict(advance.json())
        assert time.monotonic() < until, advance.text


def waiting(sandbox: Merchant, told: Callable[[list[str]], bool]) -> None:
    """Until the advance under way waits for that."""
    until = time.monotonic() + SECONDS
    while True:
        clock = sandbox.get("clock")
        if "clock_advance_id" in clock and told(sandbox.get(f"clock/advances/{clock['clock_advance_id']}")["waiting_for"]):
            return
        assert time.monotonic() < until, clock
        time.sleep(0.1)


def test_a_year_in_which_nothing_is_due_passes_in_one_call(sandbox: Merchant) -> None:
    advance = sandbox.post("clock:advance", to="2027-01-01T00:00:00Z")
    assert (advance["status"], advance["now"], advance["steps"], advance["happenings"]) == (FINISHED, "2027-01-01T00:00:00Z", 0, [])
    assert sandbox.get("clock")["now"] == "2027-01-01T00:00:00Z"
    assert sandbox.get(f"clock/advances/{advance['id']}/happenings") == {"happenings": [], "next_page_token": ""}


def test_a_live_organization_has_no_clock(merchant: Merchant) -> None:
    for verb, path, body in (("GET", "clock", None), ("POST", "clock:advance", {"request_id": "r", "by": "60s"})):
        refused = merchant.rest(verb, path, json=body)
        assert (refused.status_code, refused.json()["details"][0]["reason"]) == (400, "ORGANIZATION_NOT_SANDBOX")


@pytest.mark.parametrize(
    "by",
    [Duration(seconds=2**62), Duration(seconds=-(2**62)), Duration(seconds=1, nanos=-1), Duration(nanos=2**31 - 1)],
    ids=["enormous", "enormously negative", "of two signs", "of too many nanoseconds"],
)
def test_a_span_that_is_none_is_refused_by_name(by: Duration, sandbox: Merchant) -> None:
    method = clock_service_pb2.DESCRIPTOR.services_by_name["ClockService"].methods_by_name["AdvanceClock"]
    answer = by_grpc(sandbox, method, clock_service_pb2.AdvanceClockRequest(request_id="span", by=by))
    assert (answer.code, answer.fields) == ("INVALID_ARGUMENT", ("by",)), answer


def test_what_a_sandbox_makes_has_its_time(sandbox: Merchant) -> None:
    sandbox.post("clock:advance", to="2026-06-30T12:00:00Z")
    product = sandbox.post("products", name="Editor", prices=[{"price_currency": "usd", "fixed": {"price_amount": "1000"}}])
    assert product["created_at"] == "2026-06-30T12:00:00Z"


def test_a_service_that_stands_still_holds_the_clock_up_and_a_killed_conductor_goes_on(sandbox: Merchant, stack: Stack) -> None:
    request = {"request_id": str(uuid4()), "to": "2026-03-01T00:00:00Z"}
    stack.pause("ledger")
    try:
        sandbox.rest("POST", "clock:advance", json=request, headers={"grpc-timeout": "500m"})
        waiting(sandbox, lambda told: any(sentence.startswith("ledger: ") for sentence in told))
        stack.kill("identity")
    finally:
        stack.resume("ledger")
    stack.wait_ready("identity")
    stack.wait_ready("ledger")
    assert followed(sandbox, request)["now"] == "2026-03-01T00:00:00Z"


def test_the_command_line_advances_the_sandbox_of_the_local_suite(stack: Stack) -> None:
    told = stack.description()
    environment = {**os.environ, "BURSAR_EDGE_URL": told["edge"]["http"], "BURSAR_SANDBOX_TOKEN": told["sandbox"]["access_token"]}

    def bursar(*arguments: str) -> str:
        command = [sys.executable, "-m", "tools.bursar", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=True).stdout

    assert "0 facts at 0 instants" in bursar("clock", "advance", "--by", "1h")
    assert told["sandbox"]["organization_id"] in bursar("clock", "show")
