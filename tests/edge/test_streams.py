"""Files that a service streams: whole, in its own type, not held by the edge, and errors as errors."""

from pathlib import Path

import httpx
import pytest

from deploy.envoy.settings import Limits
from tests.edge.contract import Contract
from tests.edge.running_edge import Edge, running_edge
from tests.edge.stand_ins import CHUNK_LINES, Authorizer, SampleService

PATH = "/platform/v1/notes:export"


def test_a_file_arrives_whole_in_its_own_type_and_with_its_name(edge: Edge, service: SampleService) -> None:
    response = edge.http.get(PATH, params={"chunks": 200, "hangs_after": -1})
    assert (response.status_code, response.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert response.headers["content-disposition"] == 'attachment; filename="notes.csv"'
    # More than the edge holds of an answer that is not streamed.
    assert response.content == b"".join(b"%07d\r\n" % number * CHUNK_LINES for number in range(200))


def test_a_file_comes_in_pieces_as_the_service_sends_them(edge: Edge, service: SampleService) -> None:
    with edge.http.stream("GET", PATH, params={"chunks": 400, "hangs_after": -1}) as response:
        first = next(response.iter_bytes())
        assert len(first) < 9 * CHUNK_LINES * 400 / 10


def test_a_file_has_longer_than_other_calls(edge: Edge, service: SampleService) -> None:
    edge.http.get(PATH, params={"chunks": 1, "hangs_after": -1})
    remaining = service.calls[-1].remaining_seconds
    assert remaining is not None
    assert 58 < remaining <= 60.5


def test_an_error_before_the_first_byte_is_an_error_body(edge: Edge, service: SampleService) -> None:
    response = edge.http.get(PATH, params={"chunks": 3, "hangs_after": -1, "fails": True})
    assert (response.status_code, response.headers["content-type"]) == (400, "application/json")
    assert response.json()["details"][0]["reason"] == "NOTE_INVALID"
    assert "content-disposition" not in response.headers


def test_a_file_that_the_service_does_not_finish_is_broken_off(
    tmp_path: Path, contract: Contract, service: SampleService, authorizer: Authorizer
) -> None:
    limits = Limits(stream_idle_seconds=1)
    with (
        running_edge(tmp_path, contract, service_port=service.port, authorizer_port=authorizer.port, limits=limits) as edge,
        pytest.raises(httpx.RemoteProtocolError, match="incomplete"),
    ):
        edge.http.get(PATH, params={"chunks": 3, "hangs_after": 2})


def test_an_empty_file_is_none_the_less_one(edge: Edge, service: SampleService) -> None:
    assert edge.http.get(PATH, params={"chunks": 0, "hangs_after": -1}).status_code == 200
