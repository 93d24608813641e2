"""What an attacker tries: forged headers, odd paths, too much of everything, and an authorizer that is gone."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.envoy.settings import Limits
from deploy.local.ports import free_port
from tests.edge.contract import Contract
from tests.edge.running_edge import Edge, running_edge
from tests.edge.stand_ins import SIGNED_IDENTITY, Authorizer, SampleService

GET = "/platform/v1/notes/n1"


def status_of(answer: bytes) -> int:
    """The HTTP status of a raw answer; 0 when the edge closed the connection without one."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0


@pytest.mark.parametrize("path", [GET, "/platform/v1/notes", "/stripe/other", "/nothing", "/"])
@pytest.mark.parametrize("token", [None, "Bearer forged"])
def test_no_path_passes_without_a_good_token(edge: Edge, service: SampleService, path: str, token: str | None) -> None:
    headers = {} if token is None else {"authorization": token}
    response = httpx.get(f"http://127.0.0.1:{edge.port}{path}", headers=headers)
    assert response.status_code == 401
    assert response.json()["details"][0]["reason"] == "UNAUTHENTICATED"
    assert "authorizer" not in response.text
    assert service.calls == []


@pytest.mark.parametrize(
    "name",
    [
        "x-bursar-identity",
        "X-Bursar-Identity",
        "x-bursar-identity-bin",
        "x-bursar-anything",
        "x-org-id",
        "x-actor",
        "x-scopes",
        "x-envoy-upstream-rq-timeout-ms",
        "x-envoy-original-path",
    ],
)
def test_a_forged_header_is_stripped(edge: Edge, service: SampleService, name: str) -> None:
    edge.http.get(GET, headers={name: "Zm9yZ2Vk"})
    metadata: dict[str, Any] = service.calls[-1].metadata
    assert metadata["x-bursar-identity"] == [SIGNED_IDENTITY]
    assert "Zm9yZ2Vk" not in str(metadata)


def test_a_forged_identity_beside_the_good_token_is_replaced_also_when_repeated(edge: Edge, service: SampleService) -> None:
    forged = [("x-bursar-identity", "a"), ("x-bursar-identity", "b")]
    edge.http.get(GET, headers=[*edge.http.headers.items(), *forged])
    assert service.calls[-1].metadata["x-bursar-identity"] == [SIGNED_IDENTITY]


def test_the_token_itself_does_not_reach_the_service(edge: Edge, service: SampleService) -> None:
    edge.http.get(GET, headers={"cookie": "session=1"})
    assert {"authorization", "cookie"}.isdisjoint(service.calls[-1].metadata)


def test_the_authorizer_sees_the_token_and_no_other_header(edge: Edge, service: SampleService, authorizer: Authorizer) -> None:
    edge.http.get(GET, headers={"x-private": "1"})
    seen = authorizer.checks[-1]
    assert (seen.method, seen.path) == ("GET", GET)
    assert "authorization" in seen.headers
    assert "x-private" not in seen.headers


@pytest.mark.parametrize(
    "target",
    [
        "/platform/v1/notes/a%2fb",
        "/platform/v1/notes/a%5Cb",
        "/platform/v1/notes/..%2f..%2fadmin",
        "/platform/..;/bursar.sample.v1.NoteInternalService/PurgeNotes",
        "/platform/v1/notes/..;x=y/n1",
        "/platform/v1/notes/%00",
        "//bursar.sample.v1.NoteInternalService/PurgeNotes",
        "/platform/../bursar.sample.v1.NoteInternalService/PurgeNotes",
        "*",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_odd_path_is_refused(edge: Edge, service: SampleService, target: str, method: str) -> None:
    token = edge.http.headers["authorization"]
    head = f"{method} {target} HTTP/1.1\r\nhost: x\r\nauthorization: {token}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    answer = edge.send_raw(head.encode())
    assert status_of(answer) in (0, 400, 404)
    assert service.calls == []


@pytest.mark.parametrize(
    "line",
    [
        b"x_bursar_identity: forged",
        b"x-large: " + b"x" * 20_000,
        b"\r\n".join(b"x-many-%d: 1" % number for number in range(200)),
        b"x-control: a\x00b",
        b"transfer-encoding: chunked\r\ncontent-length: 3",
        b"bad name: 1",
    ],
)
def test_an_odd_header_is_refused(edge: Edge, service: SampleService, line: bytes) -> None:
    token = edge.http.headers["authorization"].encode()
    head = b"GET %s HTTP/1.1\r\nhost: x\r\nauthorization: %s\r\n%s\r\nconnection: close\r\n\r\n" % (GET.encode(), token, line)
    answer = edge.send_raw(head)
    assert status_of(answer) in (0, 400, 431)
    assert service.calls == []


@pytest.mark.parametrize("path", ["/platform/v1/notes", "/stripe/webhooks"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_ten_megabytes_is_refused(edge: Edge, service: SampleService, path: str, chunked: bool) -> None:
    block = b"x" * 1_000_000
    content = (block for _ in range(10)) if chunked else block * 10
    try:
        response = edge.http.post(path, content=content)
        assert response.status_code == 413
        assert response.json()["details"][0]["reason"] == "BODY_TOO_LARGE"
    except httpx.WriteError:
        pass  # the edge closed while the caller was still sending
    assert service.calls == []


def test_nothing_passes_while_the_authorizer_is_down(tmp_path: Path, contract: Contract, service: SampleService) -> None:
    with running_edge(tmp_path, contract, service_port=service.port, authorizer_port=free_port()) as edge:
        for path in (GET, "/stripe/webhooks", "/nothing"):
            response = edge.http.get(path)
            assert response.status_code == 503
            assert response.json()["details"][0]["reason"] == "UNAVAILABLE"
    assert service.calls == []


def test_a_service_that_is_down_is_unavailable_in_json(tmp_path: Path, contract: Contract, authorizer: Authorizer) -> None:
    with running_edge(tmp_path, contract, service_port=free_port(), authorizer_port=authorizer.port) as edge:
        response = edge.http.get(GET)
    assert response.status_code == 503
    assert response.json()["code"] == 14


def test_a_flood_is_stopped_before_the_authorizer(
    tmp_path: Path, contract: Contract, service: SampleService, authorizer: Authorizer
) -> None:
    before = len(authorizer.checks)
    limits = Limits(requests_per_second=5)
    with running_edge(tmp_path, contract, service_port=service.port, authorizer_port=authorizer.port, limits=limits) as edge:
        answers = [edge.http.get(GET) for _ in range(30)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert refused[0].json()["details"][0]["reason"] == "RATE_LIMITED"
    assert len(authorizer.checks) - before == len(answers) - len(refused)
