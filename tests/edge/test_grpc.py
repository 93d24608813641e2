"""What a gRPC caller sees: its calls pass as they are, to public methods only."""

from collections.abc import Callable
from typing import Any

import grpc
import pytest
from grpc_status import rpc_status

from tests.edge.contract import Contract
from tests.edge.running_edge import Edge
from tests.edge.stand_ins import GOOD_TOKEN, SampleService

Invoke = Callable[..., Any]
TOKEN = ("authorization", f"Bearer {GOOD_TOKEN}")


@pytest.fixture
def invoke(edge: Edge, contract: Contract) -> Invoke:
    def call(method: str, request: Any, *, timeout: float | None = 5, metadata: tuple[Any, ...] = (TOKEN,)) -> Any:
        stub = edge.channel.unary_unary(
            f"/bursar.sample.v1.{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=contract.sample("Note").FromString,
        )
        return stub(request, timeout=timeout, metadata=metadata)

    return call


def test_a_public_method_answers(invoke: Invoke, contract: Contract, service: SampleService) -> None:
    assert invoke("NoteService/GetNote", contract.sample("GetNoteRequest")(id="n9")).id == "n9"


@pytest.mark.parametrize(("asked", "given"), [(3, 3), (None, 20), (1000, 20)])
def test_the_deadline_is_kept_set_or_capped(
    invoke: Invoke, contract: Contract, service: SampleService, asked: float | None, given: float
) -> None:
    invoke("NoteService/GetNote", contract.sample("GetNoteRequest")(id="n9"), timeout=asked)
    remaining = service.calls[-1].remaining_seconds
    assert remaining is not None
    assert given - 1 < remaining < given + 0.5


def test_an_internal_service_cannot_be_reached(invoke: Invoke, contract: Contract, service: SampleService) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        invoke("NoteInternalService/PurgeNotes", contract.sample("GetNoteRequest")(id="n9"))
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert refused.value.details() == "There is nothing at this path."
    assert service.calls == []


def test_a_call_without_token_is_unauthenticated(invoke: Invoke, contract: Contract, service: SampleService) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        invoke("NoteService/GetNote", contract.sample("GetNoteRequest")(id="n9"), metadata=())
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert service.calls == []


def test_a_message_over_the_limit_does_not_reach_the_service(invoke: Invoke, contract: Contract, service: SampleService) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        invoke("NoteService/CreateNote", contract.sample("CreateNoteRequest")(created_text="x" * 2_000_000))
    assert refused.value.details() == "The body is larger than the edge accepts."
    assert service.calls == []


def test_error_details_pass(invoke: Invoke, contract: Contract, service: SampleService) -> None:
    with pytest.raises(grpc.RpcError) as failed:
        invoke("NoteService/GetNote", contract.sample("GetNoteRequest")(id="invalid"))
    assert failed.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert isinstance(failed.value, grpc.Call)
    status = rpc_status.from_call(failed.value)
    assert status is not None
    assert len(status.details) == 2
