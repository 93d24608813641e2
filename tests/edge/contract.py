"""Compiles the tests' contract and makes message classes of it, without generated modules."""

from pathlib import Path
from typing import Any

import google.api
import grpc_tools
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc

ROOT = Path(__file__).parents[2]
AUTHORIZATION = "envoy.service.auth.v3.Authorization"


class Contract:
    """Sample service and Envoy's authorization protocol as descriptors and message classes."""

    def __init__(self, descriptor_file: Path) -> None:
        self.file = descriptor_file
        self._pool = descriptor_pool.DescriptorPool()
        for file in FileDescriptorSet.FromString(descriptor_file.read_bytes()).file:
            self._pool.Add(file)

    def message(self, name: str) -> Any:
        return message_factory.GetMessageClass(self._pool.FindMessageTypeByName(name))

    def sample(self, name: str) -> Any:
        return self.message(f"bursar.sample.v1.{name}")

    def service(self, name: str) -> ServiceDescriptor:
        return self._pool.FindServiceByName(name)


def compile_contract(directory: Path) -> Contract:
    target = directory / "descriptors.pb"
    googleapis = Path(next(iter(google.api.__path__))).parents[1]
    own = Path(__file__).parent
    arguments = ["protoc", f"-I{own}", f"-I{ROOT / 'protos'}", f"-I{googleapis}"]
    arguments += [f"-I{Path(grpc_tools.__file__).parent / '_proto'}", "--include_imports"]
    arguments += [f"--descriptor_set_out={target}", "sample.proto", "envoy/service/auth/v3/external_auth.proto"]
    if protoc.main(arguments) != 0:
        raise RuntimeError("the test contract does not compile")
    return Contract(target)
