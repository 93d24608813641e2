"""A field that cannot be right is refused and named, nothing is written, and nothing of the inside comes out.

The requests are made from the contracts, so a new method or field is broken in every way from its first day.
"""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.descriptor import MethodDescriptor

from deploy.local.stack import Stack
from tests.e2e.breakages import NO_FIELD, grpc_breakages, json_breakages
from tests.e2e.calls import as_json, by_grpc, call_grpc, send
from tests.e2e.contracts import field_of, is_own_message, request_of, short_name
from tests.e2e.merchants import Merchant
from tests.e2e.paths import dotted, paths_of
from tests.e2e.refusals import METHODS, WITH_BODY, WITH_FIELDS, caller_of, problem_with, send_broken
from tests.e2e.requests import Requests
from tests.e2e.world import World

pytestmark = pytest.mark.usefixtures("unwritten")

DEEP = 1_000


@pytest.mark.parametrize("method", WITH_FIELDS, ids=short_name)
def test_a_field_that_cannot_be_right_is_refused_by_rest(
    method: MethodDescriptor, clumsy: Merchant, clumsy_world: World, stack: Stack
) -> None:
    caller, requests, problems, tried = caller_of(method, clumsy, stack), Requests(clumsy_world), [], 0
    for path in paths_of(request_of(method)):
        for breakage in json_breakages(path):
            fields = as_json(requests.with_fields(method, path))
            answer = send_broken(caller, method, fields, path, breakage)
            tried += answer is not None
            if answer is not None and (problem := problem_with(method, answer, breakage, path)):
                problems.append(f"{dotted(path)}, {breakage.what}: {problem}")
    assert tried
    assert problems == []


@pytest.mark.parametrize("method", WITH_FIELDS, ids=short_name)
def test_a_field_that_cannot_be_right_is_refused_by_grpc(
    method: MethodDescriptor, clumsy: Merchant, clumsy_world: World, stack: Stack
) -> None:
    caller, requests, problems, tried = caller_of(method, clumsy, stack), Requests(clumsy_world), [], 0
    for path in paths_of(request_of(method)):
        for breakage in grpc_breakages(path):
            request = requests.with_fields(method, path)
            requests.put(method, request, path, breakage.value)
            tried += 1
            if problem := problem_with(method, by_grpc(caller, method, request), breakage, path):
                problems.append(f"{dotted(path)}, {breakage.what}: {problem}")
    assert tried
    assert problems == []


@pytest.mark.parametrize("method", WITH_BODY, ids=short_name)
def test_an_unknown_field_is_refused_at_every_depth(method: MethodDescriptor, clumsy: Merchant, clumsy_world: World, stack: Stack) -> None:
    caller, requests = caller_of(method, clumsy, stack), Requests(clumsy_world)
    for inside in [(), *(path for path in paths_of(request_of(method)) if is_own_message(path[-1]))]:
        fields = as_json(requests.with_fields(method, inside) if inside else requests.minimal(method))
        inner: Any = fields
        for step in inside:
            inner = inner.setdefault(step.name, {})
            inner = inner[0] if isinstance(inner, list) else inner
        inner[NO_FIELD] = 1
        answer = send(caller, method, fields)
        assert answer.code == "INVALID_ARGUMENT", f"{dotted(inside)}: {answer}"
        assert NO_FIELD in answer.sentence


@pytest.mark.parametrize("method", [method for method in METHODS if field_of(method, "metadata")], ids=short_name)
def test_a_message_that_is_too_deep_is_refused(method: MethodDescriptor, clumsy: Merchant, clumsy_world: World, stack: Stack) -> None:
    inner = b""
    for _ in range(DEEP):
        value = b"\x2a" + _with_length(inner)
        inner = b"\x0a" + _with_length(b"\x0a\x01a\x12" + _with_length(value))
    metadata = field_of(method, "metadata")
    assert metadata
    tag = _varint(metadata.number << 3 | 2)
    raw = Requests(clumsy_world).minimal(method).SerializeToString() + tag + _with_length(inner)
    caller = caller_of(method, clumsy, stack)
    answer = call_grpc(caller.channel(), method, raw, caller.metadata())
    assert answer.code == "INVALID_ARGUMENT", str(answer)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _with_length(content: bytes) -> bytes:
    return _varint(len(content)) + content


def test_the_walk_covers_the_contracts() -> None:
    assert len(METHODS) > 40
    assert sum(1 for method in METHODS for path in paths_of(request_of(method)) for _ in json_breakages(path)) > 2_000
