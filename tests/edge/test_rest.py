"""What a REST caller sees: JSON in, JSON out, errors with their details, and nothing that was not asked for."""

from typing import Any

import httpx
import pytest

from tests.edge.contract import Contract
from tests.edge.running_edge import Edge
from tests.edge.stand_ins import GOOD_TOKEN, SampleService


def reason(response: httpx.Response) -> tuple[int, int, str]:
    """HTTP status, code and reason of an error body of the one shape."""
    body: dict[str, Any] = response.json()
    assert set(body) == {"code", "message", "details"}
    assert response.headers["content-type"] == "application/json"
    return response.status_code, body["code"], body["details"][0]["reason"]


def test_a_post_becomes_a_grpc_call_and_its_answer_json(edge: Edge, service: SampleService) -> None:
    request = {"request_id": "r1", "created_text": "täxt", "total_amount": "9007199254740993", "metadata": {"a": "b"}}
    response = edge.http.post("/platform/v1/notes", json=request)
    assert response.json() == {
        "id": "n1",
        "created_text": "täxt",
        "total_amount": "9007199254740993",
        "status": "NOTE_STATUS_UNSPECIFIED",
    }
    received = service.calls[-1].request
    assert (received.request_id, received.created_text, dict(received.metadata)) == ("r1", "täxt", {"a": "b"})


def test_path_variables_and_custom_verbs_reach_the_service(edge: Edge, service: SampleService) -> None:
    assert edge.http.post("/platform/v1/notes/n7:archive", json={}).status_code == 200
    assert (service.calls[-1].method, service.calls[-1].request.id) == ("ArchiveNote", "n7")


def test_an_error_of_a_service_keeps_its_details(edge: Edge, service: SampleService) -> None:
    response = edge.http.get("/platform/v1/notes/invalid")
    assert response.status_code == 400
    assert response.json() == {
        "code": 3,
        "message": "the note is invalid",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "NOTE_INVALID",
                "domain": "sample",
                "metadata": {"note": "n1"},
            },
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "field_violations": [{"field": "created_text", "description": "too short", "reason": ""}],
            },
        ],
    }


@pytest.mark.parametrize(
    "body",
    [
        b'{"bogus": 1}',
        b'{"request_id": "r", "metadata": {"a": "b"}, "total_amount": 5, "createdText": "x", "bogus": null}',
        b'{"created_text": "a \\" , \\"b\\": ", "bogus": [{}]}',
        b'{"\\u0062ogus": 1}',
        b'{"bogus\xff": 1}',
        b"{'bogus': 1}",
        b"{bogus: 1}",
        b'{"request_id": "r", \'bogus\': 1}',
        b'{"metadata": {"a": "b"}, bogus: {"x": 1}}',
        b"{'created_text': 'x'}",
        b'{"created_text": \'}\', "bogus": 1}',
    ],
)
def test_an_unknown_field_is_refused_and_not_dropped(edge: Edge, service: SampleService, body: bytes) -> None:
    response = edge.http.post("/platform/v1/notes", content=body)
    assert reason(response) == (400, 3, "MALFORMED_REQUEST")
    assert service.calls == []


@pytest.mark.parametrize(
    "body",
    [
        b'{"metadata": {"any": "key", "other": "too"}, "created_text": "{\\"bogus\\": 1}"}',
        b' {\n"total_amount" : -5e0 , "createdText":"\\\\" } ',
        b"",
    ],
)
def test_known_fields_pass_whatever_they_contain(edge: Edge, service: SampleService, body: bytes) -> None:
    assert edge.http.post("/platform/v1/notes", content=body).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"{nonsense",
        b'{"created_text": ',
        b'{"created_text": "x"} trailing',
        b'{"created_text": {"deep": 1}}',
        b'{"total_amount": "1.5"}',
        b"[" * 1000 + b"]" * 1000,
        b'{"metadata":' * 1000 + b"1" + b"}" * 1000,
        b"\x00",
    ],
)
def test_malformed_json_is_a_mistake_of_the_caller(edge: Edge, service: SampleService, body: bytes) -> None:
    response = edge.http.post("/platform/v1/notes", content=body)
    assert reason(response) == (400, 3, "MALFORMED_REQUEST")
    assert service.calls == []


def test_an_unknown_query_parameter_is_refused(edge: Edge, service: SampleService) -> None:
    assert reason(edge.http.get("/platform/v1/notes/n1?bogus=1")) == (400, 3, "MALFORMED_REQUEST")
    assert service.calls == []


@pytest.mark.parametrize(
    ("query", "entries"),
    [
        ("metadata[team]=red", {"team": "red"}),
        ("metadata%5Bteam%5D=red&page_size=3&comment=a%26b&metadata[x%20y]=a+b%3D%26c", {"team": "red", "x y": "a b=&c"}),
        ("page_size=3&metadata[team]=red&metadata[team]=blue&comment=a%26b", {"team": "blue"}),
        ("metadata[]=&metadata[a%5D]=x&metadata[b]", {"": "", "a]": "x", "b": ""}),
        ("metadata[%C3%A4%F0%9F%92%B6]=" + "%E2%82%AC" * 300, {"ä💶": "€" * 300}),
        ("page_size=3&comment=a%26b", {}),
    ],
)
def test_the_maps_of_a_query_reach_the_service(edge: Edge, service: SampleService, query: str, entries: dict[str, str]) -> None:
    # As it is: clients spell brackets in their own ways.
    request = f"GET /platform/v1/notes?{query} HTTP/1.1\r\nhost: edge\r\nauthorization: Bearer {GOOD_TOKEN}\r\n\r\n"
    assert edge.send_raw(request.encode()).startswith(b"HTTP/1.1 200")
    received = service.calls[-1].request
    assert dict(received.metadata) == entries
    assert (received.page_size, list(received.comment)) == ((3, ["a&b"]) if "page_size" in query else (0, []))


@pytest.mark.parametrize(
    "target",
    [
        "/platform/v1/notes?bogus[team]=red",
        "/platform/v1/notes?metadata=red",
        "/platform/v1/notes?metadata[team=red",
        "/platform/v1/notes?amounts[team]=1",
        "/platform/v1/notes/n1?metadata[team]=red",
        "/platform/v1/notes?metadata[team]=%FF",
        "/platform/v1/notes?metadata[%ED%A0%80]=half%20a%20pair",
        "/platform/v1/notes?metadata[team]=red&bogus=1",
    ],
)
def test_what_is_no_map_of_the_method_is_refused(edge: Edge, service: SampleService, target: str) -> None:
    assert reason(edge.http.get(target)) == (400, 3, "MALFORMED_REQUEST")
    assert service.calls == []


def test_an_unknown_path_is_not_found(edge: Edge) -> None:
    assert reason(edge.http.get("/platform/v1/nothing")) == (404, 5, "ROUTE_NOT_FOUND")


@pytest.mark.parametrize("name", ["NoteService/GetNote", "NoteInternalService/PurgeNotes"])
def test_a_grpc_method_is_not_served_to_plain_http(edge: Edge, service: SampleService, name: str) -> None:
    response = edge.http.post(f"/bursar.sample.v1.{name}", json={"id": "n1"})
    assert reason(response) == (404, 5, "ROUTE_NOT_FOUND")
    assert service.calls == []


def test_a_rest_call_reaches_the_service_with_a_deadline(edge: Edge, service: SampleService) -> None:
    edge.http.get("/platform/v1/notes/n1")
    remaining = service.calls[-1].remaining_seconds
    assert remaining is not None
    assert 15 < remaining <= 20


def test_the_health_of_the_edge_needs_no_token(edge: Edge) -> None:
    assert httpx.get(f"http://127.0.0.1:{edge.port}/healthz").status_code == 200


def test_trace_context_passes(edge: Edge, service: SampleService) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    edge.http.get("/platform/v1/notes/n1", headers={"traceparent": trace})
    assert service.calls[-1].metadata["traceparent"] == [trace]


@pytest.mark.parametrize("body", [b'{ "a" : 1 ,\n\n"a":2}  ', bytes(range(256)), b"", b"\xff\xfe not json", b"x" * 900_000])
def test_a_webhook_reaches_the_service_byte_for_byte(edge: Edge, service: SampleService, contract: Contract, body: bytes) -> None:
    headers = {"stripe-signature": "t=1,v1=abc", "content-type": "application/json; charset=utf-8"}
    response = httpx.post(f"http://127.0.0.1:{edge.port}/stripe/webhooks", content=body, headers=headers)
    assert (response.status_code, response.content) == (200, b"{}")
    call = service.calls[-1]
    assert (call.method, call.request.data) == ("ReceiveHook", body)
    assert call.metadata["stripe-signature"] == ["t=1,v1=abc"]


def test_only_what_cannot_happen_twice_is_retried(edge: Edge, service: SampleService) -> None:
    assert edge.http.get("/platform/v1/notes/unavailable").status_code == 503
    assert len(service.calls) == 3
    service.calls.clear()
    assert edge.http.post("/platform/v1/notes/unavailable:archive", json={}).status_code == 503
    assert len(service.calls) == 1


def test_the_access_log_names_the_method_and_no_secret(edge: Edge, service: SampleService) -> None:
    edge.http.get("/nowhere?client_secret=hidden")
    edge.http.get("/platform/v1/notes/hidden-id")
    for _ in range(300):
        edge.http.get("/healthz")  # Envoy writes its log in blocks of 64 KiB
    text = edge.access_log.read_text()
    assert '"path":"/bursar.sample.v1.NoteService/GetNote"' in text
    assert '"path":"/nowhere"' in text
    assert "bursar_oat_good" not in text
    assert "hidden" not in text
