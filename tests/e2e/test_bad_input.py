"""Whatever is wrong with a request, the caller is told so, nothing is written, and nothing of the inside comes out.

The requests are made from the contracts, so a new method or field is broken in every way from its first day.
`make faults` tries a hundred times as many; `BURSAR_SEED` repeats what it printed.
"""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from deploy.audit.quiet import wait_until_quiet
from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.e2e.breakages import NO_FIELD, Breakage, grpc_breakages, json_breakages
from tests.e2e.calls import Answer, as_json, by_grpc, by_rest, call_grpc, read_response, rest_form, send
from tests.e2e.contracts import Json, access, http_rule, is_own_message, is_repeated, public_methods, short_name
from tests.e2e.merchants import Merchant, found_merchant, operator
from tests.e2e.records import Records
from tests.e2e.requests import Path, Requests, dotted, paths_of
from tests.e2e.world import World, populate

CALLERS_FAULT = {
    "INVALID_ARGUMENT",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "FAILED_PRECONDITION",
    "ABORTED",
    "PERMISSION_DENIED",
}
"""How a call may end besides OK, when nothing but the request is out of order."""

INSIDE = re.compile(
    r"Traceback|\.py\b|psycopg|sqlalchemy|asyncpg|\bselect .* from\b|insert into|violates|constraint|site-packages|/home/|/work/|/tmp/|"
    r"\bNoneType\b|Exception|0x[0-9a-f]{6,}|upstream connect error",
    re.IGNORECASE,
)
"""What only our own people should ever read."""

ENDS_SOMETHING = ("Confirm", "Cancel", "Deactivate", "Rotate", "Revoke", "Delete")
METHODS = sorted(public_methods(), key=lambda method: method.name.startswith(ENDS_SOMETHING))
WITH_FIELDS = [method for method in METHODS if method.input_type.fields]

QUICK, LONG = 12, 1_500
SEED = int(os.environ.get("BURSAR_SEED") or random.SystemRandom().randrange(2**32))


@pytest.fixture(scope="module")
def clumsy(stack: Stack) -> Merchant:
    """A merchant whose developer gets everything wrong."""
    return found_merchant(stack, "clumsy")


@pytest.fixture(scope="module")
def things(clumsy: Merchant, stack: Stack, suite: Suite) -> World:
    return populate(clumsy, stack, suite)


@pytest.fixture
def unwritten(records: Records, suite: Suite) -> Iterator[None]:
    """What is refused leaves no row anywhere."""
    wait_until_quiet(suite, 30.0)
    before = records.counts()
    yield
    wait_until_quiet(suite, 30.0)
    after = records.counts()
    assert {table: after[table] - before[table] for table in after if after[table] != before[table]} == {}


def caller_of(method: MethodDescriptor, merchant: Merchant, stack: Stack) -> Merchant:
    rule = access(method)
    return merchant if rule.scope else merchant.buyer() if rule.anonymous else operator(stack)


def place_of(method: MethodDescriptor, path: Path) -> str:
    """Where REST carries a field: `path`, `query` or `body`."""
    verb, template = http_rule(method) or ("", "")
    if f"{{{path[0].name}}}" in template:
        return "path"
    return "query" if verb in ("GET", "DELETE") else "body"


def put_json(fields: Json, path: Path, value: Any) -> None:
    """Replace a field in JSON; in lists that of the first entry."""
    inner: Any = fields
    for step in path[:-1]:
        inner = inner.setdefault(step.name, [{}] if is_repeated(step) else {})
        inner = inner[0] if isinstance(inner, list) else inner
    inner[path[-1].name] = value


def problem_with(answer: Answer, breakage: Breakage, path: Path) -> str:
    """Empty if the breakage was refused as it should be."""
    if found := INSIDE.search(answer.text):
        return f"tells of the inside: {found[0]!r} in {answer.text[:300]}"
    if answer.code != "INVALID_ARGUMENT":
        return f"expected INVALID_ARGUMENT, got {answer}"
    if breakage.is_named and path[-1].name not in " ".join((*answer.fields, answer.sentence)):
        return f"does not name the field: {answer}"
    return ""


def rest_answer(caller: Merchant, method: MethodDescriptor, fields: Json, path: Path, breakage: Breakage) -> Answer | None:
    """None where the breakage cannot be written down."""
    place = place_of(method, path)
    if place == "body":
        put_json(fields, path, breakage.value)
        return send(caller, method, fields)
    if not breakage.in_query or (place == "path" and (not isinstance(breakage.value, str) or not breakage.value or "\0" in breakage.value)):
        return None
    fields[path[0].name] = quote(breakage.value, safe="") if place == "path" else breakage.value
    return send(caller, method, fields)


@pytest.mark.parametrize("method", WITH_FIELDS, ids=short_name)
@pytest.mark.usefixtures("unwritten")
def test_a_field_that_cannot_be_right_is_refused_by_rest(
    method: MethodDescriptor, clumsy: Merchant, things: World, stack: Stack
) -> None:
    caller, requests, problems, tried = caller_of(method, clumsy, stack), Requests(things), [], 0
    for path in paths_of(method.input_type):
        for breakage in json_breakages(path):
            fields = as_json(requests.with_fields(method, path))
            answer = rest_answer(caller, method, fields, path, breakage)
            tried += answer is not None
            if answer is not None and (problem := problem_with(answer, breakage, path)):
                problems.append(f"{dotted(path)}, {breakage.what}: {problem}")
    assert tried
    assert problems == []


@pytest.mark.parametrize("method", WITH_FIELDS, ids=short_name)
@pytest.mark.usefixtures("unwritten")
def test_a_field_that_cannot_be_right_is_refused_by_grpc(
    method: MethodDescriptor, clumsy: Merchant, things: World, stack: Stack
) -> None:
    caller, requests, problems, tried = caller_of(method, clumsy, stack), Requests(things), [], 0
    for path in paths_of(method.input_type):
        for breakage in grpc_breakages(path):
            request = requests.with_fields(method, path)
            requests.put(method, request, path, breakage.value)
            tried += 1
            if problem := problem_with(by_grpc(caller, method, request), breakage, path):
                problems.append(f"{dotted(path)}, {breakage.what}: {problem}")
    assert tried
    assert problems == []


@pytest.mark.parametrize("method", [method for method in METHODS if (http_rule(method) or ("",))[0] in ("POST", "PATCH")], ids=short_name)
@pytest.mark.usefixtures("unwritten")
def test_an_unknown_field_is_refused_at_every_depth(method: MethodDescriptor, clumsy: Merchant, things: World, stack: Stack) -> None:
    caller, requests = caller_of(method, clumsy, stack), Requests(things)
    for inside in [(), *(path for path in paths_of(method.input_type) if is_own_message(path[-1]))]:
        fields = as_json(requests.with_fields(method, inside) if inside else requests.minimal(method))
        inner: Any = fields
        for step in inside:
            inner = inner.setdefault(step.name, {})
            inner = inner[0] if isinstance(inner, list) else inner
        inner[NO_FIELD] = 1
        answer = send(caller, method, fields)
        assert answer.code == "INVALID_ARGUMENT", f"{dotted(inside)}: {answer}"
        assert NO_FIELD in answer.sentence


DEEP = 1_000
BODIES = {
    "nonsense": b"{nonsense",
    "half a text": b'{"request_id": "x',
    "no JSON": bytes(range(256)),
    "a list": b"[]",
    "a text": b'"text"',
    "nothing": b"null",
    "bytes that are no text": b'{"request_id": "\xff\xfe"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "NUL": b"\0",
    "not a number": b'{"request_id": NaN}',
    "deep lists": b'{"metadata": {"a": ' + b"[" * DEEP + b"]" * DEEP + b"}}",
    "deep objects": b'{"metadata": ' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}",
    "something behind": b'{"request_id": "x"} {}',
    "names without quotes": b'{no_such_field: 1}',
    "names in single quotes": b"{'no_such_field': 1}",
}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("method", [method for method in METHODS if (http_rule(method) or ("",))[0] in ("POST", "PATCH")], ids=short_name)
def test_a_body_that_is_no_json_object_is_refused(
    method: MethodDescriptor, body: str, clumsy: Merchant, things: World, stack: Stack
) -> None:
    verb, path, _, _ = rest_form(method, as_json(Requests(things).minimal(method)))
    answer = read_response(caller_of(method, clumsy, stack).rest(verb, path, content=BODIES[body]))
    assert answer.code == "INVALID_ARGUMENT", str(answer)
    assert not INSIDE.search(answer.text), answer.text


@pytest.mark.usefixtures("unwritten")
def test_a_body_of_ten_megabytes_is_refused_by_both_doors(clumsy: Merchant, things: World) -> None:
    method = next(method for method in METHODS if method.name == "CreateProduct")
    verb, path, _, _ = rest_form(method, as_json(Requests(things).minimal(method)))
    large = json.dumps({"description": "x" * 10_000_000}).encode()
    assert read_response(clumsy.rest(verb, path, content=large)).reason == "BODY_TOO_LARGE"
    request: Any = Requests(things).minimal(method)
    request.description = "x" * 10_000_000
    # gRPC has no word for it: Envoy turns HTTP's 413 into UNKNOWN.
    assert by_grpc(clumsy, method, request).code in ("UNKNOWN", "RESOURCE_EXHAUSTED")


@pytest.mark.parametrize("verb", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "get"])
def test_a_wrong_verb_finds_nothing(verb: str, clumsy: Merchant) -> None:
    response = clumsy.rest(verb, "products", json={})
    assert response.status_code in (400, 404)
    assert read_response(response).reason in ("ROUTE_NOT_FOUND", "MALFORMED_REQUEST")


@pytest.mark.parametrize("kind", ["application/grpc", "application/grpc+json", "application/grpc-web-text"])
@pytest.mark.usefixtures("unwritten")
def test_json_that_calls_itself_grpc_does_nothing(kind: str, clumsy: Merchant) -> None:
    body = {"request_id": str(uuid4()), "name": "x"}
    response = clumsy.rest("POST", "products", content=json.dumps(body).encode(), headers={"content-type": kind})
    if response.headers["content-type"].startswith("application/grpc"):
        assert response.headers["grpc-status"] != "0"
    else:
        assert read_response(response).code == "INVALID_ARGUMENT"


@pytest.mark.parametrize("token", ["", "x", "bursar_oat_", "bursar_oat_nothing", "ü" * 10, "a" * 9_000, "a b c"])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Basic", "", "Bearer Bearer"])
def test_a_broken_token_opens_nothing(token: str, scheme: str, clumsy: Merchant) -> None:
    header = f"{scheme} {token}".strip().encode()
    response = clumsy.buyer().rest("GET", "products", headers={"authorization": header})
    answer = read_response(response)
    assert answer.code in ("UNAUTHENTICATED", "INVALID_ARGUMENT"), str(answer)
    assert not INSIDE.search(answer.text)


def test_a_token_is_refused_once_it_expired_or_was_revoked(clumsy: Merchant, stack: Stack) -> None:
    """Revocation takes up to 30 seconds by contract; a token that was never used yet is not remembered anywhere."""
    made = clumsy.post("access_tokens", comment="short", scopes=["products:read"])
    clumsy.post(f"access_tokens/{made['id']}:revoke")
    holder = Merchant(clumsy.organization_id, made["token"], clumsy.edge_url, clumsy.edge_grpc)
    assert read_response(holder.rest("GET", "products")).code == "UNAUTHENTICATED"


def test_a_token_opens_what_its_scopes_say_and_no_more(clumsy: Merchant) -> None:
    made = clumsy.post("access_tokens", comment="narrow", scopes=["products:read"])
    holder = Merchant(clumsy.organization_id, made["token"], clumsy.edge_url, clumsy.edge_grpc)
    for method in METHODS:
        if access(method).scope and access(method).scope != "products:read":
            answer = by_grpc(holder, method, Requests(_NOBODYS).minimal(method))
            assert answer.code == "PERMISSION_DENIED", f"{method.name}: {answer}"


class _Nobodys(dict[str, str]):
    """Ids of nothing."""

    def __missing__(self, key: str) -> str:
        return "1" if key in ("account_id", "transaction_id") else str(uuid4())

    def __contains__(self, key: object) -> bool:
        return True


_NOBODYS = _Nobodys()


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=40)
    | st.sampled_from(["", "1e5", "-1", "0", "99999999999999999999", "2030-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z"])
    | st.sampled_from(["\ud800", "a\u0301" * 20, "🏴‍☠️" * 20, "\u202e", "\ufeff", "${jndi:x}", "%s%n", "../../etc"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


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


def is_in_order(answer: Answer) -> None:
    assert answer.ok or answer.code in CALLERS_FAULT, str(answer)
    assert answer.ok or not INSIDE.search(answer.text), answer.text[:500]


EFFORT = [pytest.param(QUICK, False, id="quick"), pytest.param(LONG, True, id="long", marks=[pytest.mark.faults, pytest.mark.timeout(600)])]


@pytest.mark.parametrize(("examples", "at_random"), EFFORT)
@pytest.mark.parametrize("method", WITH_FIELDS, ids=short_name)
def test_anything_in_any_field_is_answered_in_order(
    method: MethodDescriptor, examples: int, at_random: bool, clumsy: Merchant, things: World, stack: Stack
) -> None:
    caller, requests, paths = caller_of(method, clumsy, stack), Requests(things), list(paths_of(method.input_type))

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
        is_in_order(send(caller, method, fields))

    explore(examples, check, at_random=at_random)


def mutated(data: st.DataObject, raw: bytes) -> bytes:
    """A message with some bytes changed, cut, put in or doubled."""
    changed = bytearray(raw)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed)))
        match data.draw(st.sampled_from(["flip", "cut", "insert", "double"])):
            case "flip" if at < len(changed):
                changed[at] ^= data.draw(st.integers(1, 255))
            case "cut":
                del changed[at : at + data.draw(st.integers(1, 8))]
            case "insert":
                changed[at:at] = data.draw(st.binary(max_size=12))
            case "double":
                changed += changed[at:]
    return bytes(changed)


@pytest.mark.parametrize(("examples", "at_random"), EFFORT)
@pytest.mark.parametrize("method", METHODS, ids=short_name)
def test_any_bytes_by_grpc_are_answered_in_order(
    method: MethodDescriptor, examples: int, at_random: bool, clumsy: Merchant, things: World, stack: Stack
) -> None:
    caller, requests = caller_of(method, clumsy, stack), Requests(things)
    paths = list(paths_of(method.input_type))

    def check(data: st.DataObject) -> None:
        request = requests.with_fields(method, *([data.draw(st.sampled_from(paths))] if paths else []))
        raw = mutated(data, request.SerializeToString())
        is_in_order(call_grpc(caller.channel(), method, raw, caller.metadata()))

    explore(examples, check, at_random=at_random)


@pytest.mark.parametrize("method", [method for method in METHODS if "metadata" in method.input_type.fields_by_name], ids=short_name)
@pytest.mark.usefixtures("unwritten")
def test_a_message_that_is_too_deep_is_refused(method: MethodDescriptor, clumsy: Merchant, things: World, stack: Stack) -> None:
    request = Requests(things).minimal(method)
    inner = b""
    for _ in range(DEEP):
        entry = b"\x0a\x01a\x12" + _length(b"\x2a" + _length(inner))
        inner = b"\x0a" + _length(entry)
    field: FieldDescriptor = method.input_type.fields_by_name["metadata"]
    raw = request.SerializeToString() + _varint(field.number << 3 | 2) + _length(inner)
    caller = caller_of(method, clumsy, stack)
    answer = call_grpc(caller.channel(), method, raw, caller.metadata())
    assert answer.code == "INVALID_ARGUMENT", str(answer)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _length(content: bytes) -> bytes:
    return _varint(len(content)) + content


@pytest.mark.parametrize(
    "target",
    [
        "/platform/v1/products/..%2f..%2fadmin",
        "/platform/v1/..;/bursar.ledger.v1.LedgerPostingService/Post",
        "/platform/v1/products/%00",
        "/platform/v1/products?page_size=1&page_size=abc",
        "/platform/v1/products?%ff=1",
        "/platform/v1/products?page_token=%ff%fe",
        "/platform/v1/products?page_token=%ed%a0%80",
        "/platform/v1/products?order_by=created_at;drop table product",
        "/platform/v1/products?order_by=organization_id",
        "/platform/v1/products?order_by=--created_at",
        "/platform/v1/products?page_token=" + "A" * 1025,
        "/platform/v1/products?skip=100001",
        "/platform/v1/products?unknown=1",
        "/platform/v1/products/" + "x" * 9_000,
        "/platform/v1/customers/external/%ff",
    ],
)
def test_an_odd_address_is_refused(target: str, clumsy: Merchant) -> None:
    response = clumsy.rest("GET", target)
    assert response.status_code in (400, 404, 431), response.text
    assert not INSIDE.search(response.text)


def test_the_walk_covers_the_contracts() -> None:
    assert len(METHODS) > 40
    assert sum(1 for method in METHODS for path in paths_of(method.input_type) for _ in json_breakages(path)) > 1_000


Answering = Callable[[Merchant, MethodDescriptor, Message], Answer]
_DOORS: tuple[Answering, ...] = (by_rest, by_grpc)


def test_a_call_without_a_deadline_gets_one_from_the_edge(clumsy: Merchant, things: World) -> None:
    method = next(method for method in METHODS if method.name == "ListProducts")
    multicallable = clumsy.channel().unary_unary(f"/{method.containing_service.full_name}/{method.name}")
    assert multicallable(Requests(things).minimal(method).SerializeToString(), metadata=clumsy.metadata()) is not None
