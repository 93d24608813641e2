"""The configuration itself: Envoy accepts it, and it shows what the contracts say is public."""

import subprocess
from pathlib import Path

import pytest
from google.api import annotations_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from deploy.envoy.public import public_services, read_descriptors
from deploy.envoy.settings import Address, EdgeSettings
from deploy.envoy.write import write_edge
from deploy.local.services import SERVICES
from deploy.local.wheels import envoy_binary
from tests.edge.contract import ROOT, Contract
from tests.edge.running_edge import Edge

SOMEWHERE = Address("127.0.0.1", 50051)


def settings(directory: Path, owners: list[str]) -> EdgeSettings:
    return EdgeSettings(
        listen=Address("127.0.0.1", 8080),
        admin=Address("127.0.0.1", 9901),
        authorizer=Address("authorizer.example", 50051),
        services=dict.fromkeys(owners, SOMEWHERE),
        descriptors=directory / "edge.pb",
        access_log=directory / "access.log",
    )


def validate(configuration: Path) -> str:
    command = [str(envoy_binary()), "--mode", "validate", "--config-path", str(configuration), "--log-level", "warning"]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert checked.returncode == 0, checked.stderr
    return checked.stderr


def test_envoy_accepts_the_configuration_without_a_warning(edge: Edge) -> None:
    assert validate(edge.configuration) == ""


def test_envoy_accepts_the_configuration_of_the_suite(tmp_path: Path) -> None:
    contracts = ROOT / "build" / "descriptors.pb"
    if not contracts.exists():
        pytest.skip("`make protos` has not run")
    write_edge(contracts, settings(tmp_path, [service.name for service in SERVICES]), tmp_path)
    assert validate(tmp_path / "envoy.json") == ""


def test_public_is_what_has_an_http_mapping_throughout(contract: Contract) -> None:
    found = public_services(read_descriptors(contract.file), ["sample"])
    assert [service.name for service in found] == ["bursar.sample.v1.HookService", "bursar.sample.v1.NoteService"]
    assert {service.name.rsplit(".")[-1]: service.unsafe_to_repeat for service in found} == {
        "HookService": ("ReceiveHook",),
        "NoteService": ("ArchiveNote",),
    }
    assert [dict(service.streaming) for service in found] == [
        {},
        {"ExportNotes": ("/bursar.sample.v1.NoteService/ExportNotes", "/platform/v1/notes:export")},
    ]


def test_a_service_that_is_public_by_halves_is_refused(contract: Contract) -> None:
    descriptors = FileDescriptorSet()
    descriptors.CopyFrom(read_descriptors(contract.file))
    (file,) = (file for file in descriptors.file if file.package == "bursar.sample.v1")
    file.service[0].method[0].options.ClearExtension(annotations_pb2.http)
    with pytest.raises(ValueError, match="NoteService: some methods"):
        public_services(descriptors, ["sample"])


def test_the_services_of_others_are_not_shown(contract: Contract) -> None:
    assert public_services(read_descriptors(contract.file), ["checkout"]) == []


def test_the_configuration_is_the_same_every_time(tmp_path: Path, contract: Contract) -> None:
    directories = [tmp_path / "one", tmp_path / "two"]
    for directory in directories:
        directory.mkdir()
        write_edge(contract.file, settings(tmp_path, ["sample"]), directory)
    for name in ("envoy.json", "edge.pb"):
        one, two = ((directory / name).read_bytes() for directory in directories)
        assert one == two
