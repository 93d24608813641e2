"""One edge for all tests of its behaviour; tests that need another one start their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.contract import Contract, compile_contract
from tests.edge.running_edge import Edge, running_edge
from tests.edge.stand_ins import Authorizer, SampleService


@pytest.fixture(scope="session")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return compile_contract(tmp_path_factory.mktemp("contract"))


@pytest.fixture(scope="session")
def _service(contract: Contract) -> Iterator[SampleService]:
    started = SampleService(contract)
    yield started
    started.server.stop(None)


@pytest.fixture
def service(_service: SampleService) -> SampleService:
    """The stand-in behind the edge, with no calls recorded yet."""
    _service.calls.clear()
    return _service


@pytest.fixture(scope="session")
def authorizer(contract: Contract) -> Iterator[Authorizer]:
    started = Authorizer(contract)
    yield started
    started.server.stop(None)


@pytest.fixture(scope="session")
def edge(tmp_path_factory: pytest.TempPathFactory, contract: Contract, _service: SampleService, authorizer: Authorizer) -> Iterator[Edge]:
    directory: Path = tmp_path_factory.mktemp("edge")
    with running_edge(directory, contract, service_port=_service.port, authorizer_port=authorizer.port) as running:
        yield running
