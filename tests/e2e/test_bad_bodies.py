"""Bodies, verbs, addresses and tokens that are out of order, before a method even looks at them."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from google.protobuf.descriptor import MethodDescriptor

from deploy.local.stack import Stack
from tests.e2e.calls import as_json, by_grpc, read_response, rest_form
from tests.e2e.contracts import access, short_name
from tests.e2e.merchants import Merchant
from tests.e2e.refusals import INSIDE, METHODS, WITH_BODY, caller_of
from tests.e2e.requests import Requests
from tests.e2e.world import World

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
    "names without quotes": b"{no_such_field: 1}",
    "names in single quotes": b"{'no_such_field': 1}",
}


@pytest.mark.parametrize("method", WITH_BODY, ids=short_name)
def test_a_body_that_is_no_json_object_is_refused(method: MethodDescriptor, clumsy: Merchant, clumsy_world: World, stack: Stack) -> None:
    verb, path, _, _ = rest_form(method, as_json(Requests(clumsy_world).minimal(method)))
    for what, body in BODIES.items():
        answer = read_response(caller_of(method, clumsy, stack).rest(verb, path, content=body))
        assert answer.code == "INVALID_ARGUMENT", f"{what}: {answer}"
        assert not INSIDE.search(answer.text), f"{what}: {answer.text}"


@pytest.mark.usefixtures("unwritten")
def test_a_body_of_ten_megabytes_is_refused_by_both_doors(clumsy: Merchant, clumsy_world: World) -> None:
    method = next(method for method in METHODS if method.name == "CreateProduct")
    large = json.dumps({"description": "x" * 10_000_000}).encode()
    assert read_response(clumsy.rest("POST", "products", content=large)).reason == "BODY_TOO_LARGE"
    request: Any = Requests(clumsy_world).minimal(method)
    request.description = "x" * 10_000_000
    # gRPC has no word for HTTP's 413, so Envoy answers UNKNOWN.
    assert by_grpc(clumsy, method, request).code in ("UNKNOWN", "RESOURCE_EXHAUSTED")


@pytest.mark.usefixtures("unwritten")
def test_a_name_twice_in_one_object_does_not_break_anything(clumsy: Merchant) -> None:
    body = b'{"request_id": "a", "name": "ab", "request_id": "b", "name": "cd"}'
    assert read_response(clumsy.rest("POST", "products", content=body)).code == "INVALID_ARGUMENT"


@pytest.mark.parametrize("verb", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
def test_a_wrong_verb_finds_nothing(verb: str, clumsy: Merchant) -> None:
    response = clumsy.rest(verb, "products", content=b"{}")
    assert response.status_code in (400, 404)
    assert read_response(response).reason in ("ROUTE_NOT_FOUND", "MALFORMED_REQUEST")


@pytest.mark.parametrize("kind", ["application/grpc", "application/grpc+json", "application/grpc-web-text"])
@pytest.mark.usefixtures("unwritten")
def test_json_that_calls_itself_grpc_does_nothing(kind: str, clumsy: Merchant) -> None:
    body = json.dumps({"request_id": str(uuid4()), "name": "x"}).encode()
    response = clumsy.rest("POST", "products", content=body, headers={"content-type": kind})
    if response.headers["content-type"].startswith("application/grpc"):
        assert response.headers["grpc-status"] != "0"
    else:
        assert read_response(response).code == "INVALID_ARGUMENT"


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


@pytest.mark.parametrize("token", ["", "x", "bursar_oat_", "bursar_oat_nothing", "ü" * 10, "a" * 9_000, "a b c"])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Basic", "", "Bearer Bearer"])
def test_a_broken_token_opens_nothing(token: str, scheme: str, clumsy: Merchant) -> None:
    header = f"{scheme} {token}".strip().encode()
    answer = read_response(clumsy.buyer().rest("GET", "products", headers={"authorization": header}))
    assert answer.code in ("UNAUTHENTICATED", "INVALID_ARGUMENT"), str(answer)
    assert not INSIDE.search(answer.text)


def test_a_revoked_token_opens_nothing(clumsy: Merchant) -> None:
    """Revoking takes up to 30 seconds by contract; a token that nobody has used yet is not remembered anywhere."""
    made = clumsy.post("access_tokens", comment="short", scopes=["products:read"])
    clumsy.post(f"access_tokens/{made['id']}:revoke")
    holder = Merchant(clumsy.organization_id, made["token"], clumsy.edge_url, clumsy.edge_grpc)
    assert read_response(holder.rest("GET", "products")).code == "UNAUTHENTICATED"


def test_a_token_opens_what_its_scopes_say_and_no_more(clumsy: Merchant) -> None:
    made = clumsy.post("access_tokens", comment="narrow", scopes=["products:read"])
    holder = Merchant(clumsy.organization_id, made["token"], clumsy.edge_url, clumsy.edge_grpc)
    assert holder.get("products")["products"]
    for method in METHODS:
        if access(method).scope and access(method).scope != "products:read":
            answer = by_grpc(holder, method, Requests(_IdsOfNothing()).minimal(method))
            assert answer.code == "PERMISSION_DENIED", f"{method.name}: {answer}"


class _IdsOfNothing(dict[str, str]):
    """A world in which everything has an id and nothing is there."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> str:
        return "1" if key in ("account_id", "transaction_id") else str(uuid4())
