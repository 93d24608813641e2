"""One call by either door of the edge, and its answer in one form."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
import httpx
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from tests.e2e.contracts import Json, answer_class, grpc_path, http_rule
from tests.e2e.merchants import Merchant

SECONDS = 20.0
_CODES = {code.value[0]: code.name for code in grpc.StatusCode}
_VARIABLE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Answer:
    """How a call ended: the code's name, and for a refusal its reason, sentence and the fields that it names."""

    code: str
    reason: str = ""
    sentence: str = ""
    fields: tuple[str, ...] = ()
    content: Json = field(default_factory=dict)
    """The answer's message, or the whole error."""
    text: str = ""
    """Everything that the caller was told, to search in."""

    @property
    def ok(self) -> bool:
        return self.code == "OK"

    def __str__(self) -> str:
        return f"{self.code} {self.reason} {self.sentence} {list(self.fields) or ''}".strip()


Door = Callable[[Merchant, MethodDescriptor, Message], Answer]


def by_rest(caller: Merchant, method: MethodDescriptor, request: Message) -> Answer:
    """Through the transcoder."""
    return send(caller, method, as_json(request))


def send(caller: Merchant, method: MethodDescriptor, fields: Json) -> Answer:
    """JSON to the path of a method."""
    verb, path, query, body = rest_form(method, fields)
    # In ASCII, so that halves of surrogate pairs can be sent too.
    content = None if body is None else json.dumps(body).encode()
    return read_response(caller.rest(verb, path, params=query, content=content))


def by_grpc(caller: Merchant, method: MethodDescriptor, request: Message) -> Answer:
    """With the generated messages."""
    return call_grpc(caller.channel(), method, request.SerializeToString(), caller.metadata())


DOORS: Mapping[str, Door] = {"REST": by_rest, "gRPC": by_grpc}


def call_grpc(channel: grpc.Channel, method: MethodDescriptor, raw: bytes, metadata: tuple[tuple[str, str], ...]) -> Answer:
    """Raw bytes to a method, wherever the channel leads."""
    if method.server_streaming:
        return _collected(channel, method, raw, metadata)
    try:
        answer = channel.unary_unary(grpc_path(method), None, None)(raw, timeout=SECONDS, metadata=metadata)
    except grpc.RpcError as error:
        return _refusal(error)
    content = as_json(answer_class(method).FromString(answer))
    return Answer("OK", content=content, text=str(content))


def _collected(channel: grpc.Channel, method: MethodDescriptor, raw: bytes, metadata: tuple[tuple[str, str], ...]) -> Answer:
    """The whole file that a method streams."""
    try:
        chunks = list(channel.unary_stream(grpc_path(method), None, HttpBody.FromString)(raw, timeout=SECONDS, metadata=metadata))
    except grpc.RpcError as error:
        return _refusal(error)
    return _file(b"".join(chunk.data for chunk in chunks).decode())


def _file(text: str) -> Answer:
    """The lines of a CSV file behind its header."""
    return Answer("OK", content={"rows": list(csv.reader(io.StringIO(text, newline="")))[1:]}, text=text)


def as_json(message: Message) -> Json:
    """With the names of the contract, also in masks."""
    fields = MessageToDict(message, preserving_proto_field_name=True)
    if "update_mask" in fields:
        fields["update_mask"] = ",".join(message.update_mask.paths)  # type: ignore[attr-defined]
    return fields


def from_json(method: MethodDescriptor, content: Json) -> Message:
    """The answer of a REST call as its message."""
    return ParseDict(content, answer_class(method)())


def rest_form(method: MethodDescriptor, fields: Json) -> tuple[str, str, list[tuple[str, str]], Json | None]:
    """Verb, path, query and body of a request's fields."""
    rule = http_rule(method)
    assert rule, f"{method.full_name} is not public"
    verb, template = rule
    rest = dict(fields)
    path = _VARIABLE.sub(lambda match: str(rest.pop(match[1], "")), template)
    if verb in ("GET", "DELETE"):
        return verb, path, list(_query(rest)), None
    return verb, path, [], rest


def read_response(response: httpx.Response) -> Answer:
    """An answer or an error; AssertionError for an error that has not the documented shape."""
    if response.status_code == 200 and response.headers["content-type"].startswith("text/csv"):
        return _file(response.text)
    if response.status_code == 200:
        return Answer("OK", content=response.json(), text=response.text)
    told = f"{response.status_code} {response.text[:500]}"
    assert response.headers["content-type"] == "application/json", told
    error = response.json()
    assert set(error) == {"code", "message", "details"}, told
    kinds = {detail["@type"].rsplit(".", 1)[-1]: detail for detail in error["details"]}
    assert {"reason", "domain"} <= set(kinds["ErrorInfo"]), told
    fields = tuple(violation["field"] for violation in kinds.get("BadRequest", {}).get("field_violations", ()))
    code = _CODES[error["code"]]
    assert response.status_code == HTTP_STATUS[code] or response.status_code in _EDGE_STATUS.get(code, ()), told
    return Answer(code, kinds["ErrorInfo"]["reason"], error["message"], fields, error, response.text)


HTTP_STATUS = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "ABORTED": 409,
    "RESOURCE_EXHAUSTED": 429,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
    "INTERNAL": 500,
}
"""As docs/platform-teams.md tells."""

_EDGE_STATUS = {"RESOURCE_EXHAUSTED": (413,), "INVALID_ARGUMENT": (415, 426, 431), "DEADLINE_EXCEEDED": (408,)}
"""Refusals of the edge itself, before there is a gRPC call."""


def _query(fields: Json, prefix: str = "") -> Any:
    for name, value in fields.items():
        for entry in value if isinstance(value, list) else [value]:
            if isinstance(entry, dict):
                yield from _query(entry, f"{prefix}{name}.")
            else:
                yield f"{prefix}{name}", str(entry).lower() if isinstance(entry, bool) else str(entry)


def _refusal(error: Any) -> Answer:
    packed = next((value for key, value in error.trailing_metadata() or () if key == "grpc-status-details-bin"), b"")
    status = status_pb2.Status.FromString(packed)
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(bad)
    fields = tuple(violation.field for violation in bad.field_violations)
    text = f"{error.details()} {status}"
    return Answer(error.code().name, info.reason, error.details() or "", fields, as_json(status), text)
