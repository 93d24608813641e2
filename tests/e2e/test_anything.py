"""Anything at all in any field, and any bytes at all by gRPC: the suite answers, or says what is wrong.

The default run draws the same examples each time; `make faults` draws many more at random, and `BURSAR_SEED` repeats what it printed.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from urllib.parse import quote

import pytest
from google.protobuf.descriptor import MethodDescriptor
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.e2e.calls import as_json, call_grpc, send
from tests.e2e.contracts import request_of, short_name
from tests.e2e.merchants import Merchant, found_merchant
from tests.e2e.paths import paths_of
from tests.e2e.refusals import METHODS, WITH_FIELDS, caller_of, in_order, is_open_by_path, place_of, put_json
from tests.e2e.requests import Requests
from tests.e2e.world import World, populate

QUICK, LONG = 12, 300
SEED = int(os.environ.get("BURSAR_SEED") or random.SystemRandom().randrange(2**32))
EFFORT = [
    pytest.param(QUICK, False, id="quick"),
    pytest.param(LONG, True, id="long", marks=[pytest.mark.faults, pytest.mark.timeout(600)]),
]

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=40)
    | st.sampled_from(["", "1e5", "-1", "0", "99999999999999999999", "2030-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z"])
    | st.sampled_from(["\ud800", "a\u0301" * 20, "🏴‍☠️" * 20, "\u202e", "\ufeff", "${jndi:x}", "%s%n", "../../etc"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


CHANGES = st.lists(
    st.tuples(st.sampled_from(["flip", "cut", "insert", "double"]), st.integers(0, 999), st.integers(1, 255), st.binary(max_size=12)),
    min_size=1,
    max_size=4,
)


@pytest.fixture(scope="module")
def wild(stack: Stack) -> Merchant:
    """Much of what is drawn is accepted, and done."""
    return found_merchant(stack, "wild")


@pytest.fixture(scope="module")
def wild_world(wild: Merchant, stack: Stack, suite: Suite) -> World:
    return populate(wild, stack, suite)


def explore(examples: int, check: Callable[[st.DataObject], None], *, at_random: bool) -> None:
    """Run a check with many drawings; the same ones each time unless `at_random`."""

    @settings(
        max_examples=examples,
        derandomize=not at_random,
        deadline=None,
        database=None,
        print_blob=True,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def run(data: st.DataObject) -> None:
        check(data)

    if at_random:
        print(f"BURSAR_SEED={SEED}")  # noqa: T201
        seed(SEED)(run)()
    else:
        run()


@pytest.mark.parametrize(("examples", "at_random"), EFFORT)
@pytest.mark.parametrize("method", WITH_FIELDS, ids=short_name)
def test_anything_in_any_field_is_answered_in_order(
    method: MethodDescriptor, examples: int, at_random: bool, wild: Merchant, wild_world: World, stack: Stack
) -> None:
    caller, requests, paths = caller_of(method, wild, stack), Requests(wild_world), list(paths_of(request_of(method)))

    def check(data: st.DataObject) -> None:
        path, value = data.draw(st.sampled_from(paths)), data.draw(ANYTHING)
        fields = as_json(requests.with_fields(method, path))
        place = place_of(method, path)
        if place == "body":
            put_json(fields, path, value)
        elif place == "query":
            fields[path[0].name] = value if isinstance(value, str) and value.isprintable() else json.dumps(value)
        else:
            fields[path[0].name] = quote(str(value).encode("utf-8", "replace"), safe="") or "x"
        answer = send(caller, method, fields)
        if not (answer.code == "UNAUTHENTICATED" and is_open_by_path(method, path)):
            in_order(answer)

    explore(examples, check, at_random=at_random)


@pytest.mark.parametrize(("examples", "at_random"), EFFORT)
@pytest.mark.parametrize("method", METHODS, ids=short_name)
def test_any_bytes_by_grpc_are_answered_in_order(
    method: MethodDescriptor, examples: int, at_random: bool, wild: Merchant, wild_world: World, stack: Stack
) -> None:
    caller, requests, paths = caller_of(method, wild, stack), Requests(wild_world), list(paths_of(request_of(method)))

    def check(data: st.DataObject) -> None:
        request = requests.with_fields(method, *([data.draw(st.sampled_from(paths))] if paths else []))
        raw = _mutated(request.SerializeToString(), data.draw(CHANGES))
        in_order(call_grpc(caller.channel(), method, raw, caller.metadata()))

    explore(examples, check, at_random=at_random)


def _mutated(raw: bytes, changes: list[tuple[str, int, int, bytes]]) -> bytes:
    """A message with some bytes changed, cut, put in or doubled."""
    changed = bytearray(raw)
    for kind, thousandths, number, content in changes:
        at = len(changed) * thousandths // 1_000
        match kind:
            case "flip" if changed:
                changed[at] ^= number
            case "cut":
                del changed[at : at + number % 8 + 1]
            case "insert":
                changed[at:at] = content
            case "double":
                changed += changed[at:]
    return bytes(changed)
