"""How a call may end when nothing but the request is out of order."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from google.protobuf.descriptor import MethodDescriptor

from deploy.local.stack import Stack
from tests.e2e.breakages import Breakage
from tests.e2e.calls import Answer, send
from tests.e2e.contracts import ROOT, Json, access, fields_of, http_rule, is_repeated, public_methods, request_of
from tests.e2e.merchants import Merchant, operator, sandbox
from tests.e2e.paths import Path

CALLERS_FAULT = {"INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "FAILED_PRECONDITION", "ABORTED", "PERMISSION_DENIED"}

INSIDE = re.compile(
    r"Traceback|\.py\b|psycopg|sqlalchemy|\bselect .* from\b|insert into|violates|constraint|site-packages|\bNoneType\b|Exception|"
    rf"0x[0-9a-f]{{6,}}|upstream connect error|/tmp/|/home/|{re.escape(str(ROOT))}",
    re.IGNORECASE,
)
"""What only our own people should ever read."""

ENDS_SOMETHING = ("Confirm", "Cancel", "Uncancel", "Deactivate", "Rotate", "Revoke", "Delete")
"""Methods after which others are refused; they come last, in this order."""


def _rank(method: MethodDescriptor) -> int:
    return next((rank for rank, verb in enumerate(ENDS_SOMETHING, 1) if method.name.startswith(verb)), 0)


METHODS = sorted(public_methods(), key=_rank)
WITH_FIELDS = [method for method in METHODS if fields_of(request_of(method))]
WITH_BODY = [method for method in METHODS if (http_rule(method) or ("",))[0] in ("POST", "PATCH")]


def caller_of(method: MethodDescriptor, merchant: Merchant, stack: Stack) -> Merchant:
    """Who may call a method: the merchant, anybody, or an operator; a sandbox where it is about clocks."""
    rule = access(method)
    if method.containing_service.name == "ClockService":
        return sandbox(stack)
    return merchant if rule.scope else merchant.buyer() if rule.anonymous else operator(stack)


def problem_with(method: MethodDescriptor, answer: Answer, breakage: Breakage, path: Path) -> str:
    """Empty if the breakage was refused as it should be."""
    if found := INSIDE.search(answer.text):
        return f"tells of the inside: {found[0]!r} in {answer.text[:300]}"
    if answer.code == "UNAUTHENTICATED" and is_open_by_path(method, path):
        return ""
    if answer.code != "INVALID_ARGUMENT":
        return f"expected INVALID_ARGUMENT, got {answer}"
    if breakage.is_named and path[-1].name not in " ".join((*answer.fields, answer.sentence)):
        return f"does not name the field: {answer}"
    return ""


def is_open_by_path(method: MethodDescriptor, path: Path) -> bool:
    """What needs no token is recognised by its path, and an odd path is not: then the edge asks for a token."""
    return access(method).anonymous and place_of(method, path) == "path"


def in_order(answer: Answer) -> None:
    """AssertionError unless it worked or was refused in good form."""
    assert answer.ok or answer.code in CALLERS_FAULT, str(answer)
    assert answer.ok or not INSIDE.search(answer.text), answer.text[:500]


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


def send_broken(caller: Merchant, method: MethodDescriptor, fields: Json, path: Path, breakage: Breakage) -> Answer | None:
    """The answer by REST; None where the breakage cannot be written down."""
    value, place = breakage.value, place_of(method, path)
    if place == "body":
        put_json(fields, path, value)
    elif not breakage.in_query or (place == "path" and (not isinstance(value, str) or not value or "\0" in value)):
        return None
    else:
        fields[path[0].name] = quote(value, safe="") if place == "path" else value
    return send(caller, method, fields)
