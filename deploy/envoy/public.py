"""Which gRPC services the edge shows, read from the descriptor set of the contracts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from google.api import annotations_pb2
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.descriptor_pb2 import (
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
    ServiceDescriptorProto,
)
from google.rpc import error_details_pb2, status_pb2

PACKAGE_PREFIX = "bursar."

# What error bodies are made of. The transcoder can print a detail only when its type is in the set.
_ERROR_FILES = (any_pb2, duration_pb2, status_pb2, error_details_pb2)


@dataclass(frozen=True, slots=True)
class PublicService:
    """A gRPC service whose every method has a `google.api.http` annotation.

    `unsafe_to_repeat` are its methods that change something and carry no `request_id`; `streaming` are those that send many answers, with
    the paths that lead to them, gRPC's own and REST's.
    """

    name: str
    owner: str
    unsafe_to_repeat: tuple[str, ...]
    streaming: Mapping[str, tuple[str, ...]]


def read_descriptors(path: Path) -> FileDescriptorSet:
    """The set that `make protos` builds, with the types of error details added when no contract imports them."""
    descriptors = FileDescriptorSet.FromString(path.read_bytes())
    known = {file.name for file in descriptors.file}
    for module in _ERROR_FILES:
        if module.DESCRIPTOR.name not in known:
            descriptors.file.append(FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb))
    return descriptors


def public_services(descriptors: FileDescriptorSet, owners: Iterable[str]) -> list[PublicService]:
    """The public gRPC services of the packages `bursar.<owner>.<version>`, by name.

    Raises ValueError for a service that is public by halves: then nobody could say what the edge shows.
    """
    wanted = set(owners)
    requests_with_id = _messages_with_field(descriptors, "request_id")
    found = []
    for file in descriptors.file:
        owner = _owner(file.package)
        if owner not in wanted:
            continue
        for service in file.service:
            name = f"{file.package}.{service.name}"
            if _is_public(service, name):
                unsafe = [method.name for method in service.method if not _repeatable(method, requests_with_id)]
                streaming = {method.name: _paths(method, name) for method in service.method if method.server_streaming}
                found.append(PublicService(name, owner, tuple(unsafe), streaming))
    return sorted(found, key=lambda service: service.name)


def _owner(package: str) -> str:
    """`checkout` of `bursar.checkout.v1`; empty for a package of somebody else."""
    if not package.startswith(PACKAGE_PREFIX):
        return ""
    return package.removeprefix(PACKAGE_PREFIX).split(".")[0]


def _is_public(service: ServiceDescriptorProto, name: str) -> bool:
    annotated = [method.options.HasExtension(annotations_pb2.http) for method in service.method]
    if any(annotated) and not all(annotated):
        raise ValueError(f"{name}: some methods have google.api.http and some have not")
    return bool(annotated) and all(annotated)


def _repeatable(method: MethodDescriptorProto, requests_with_id: set[str]) -> bool:
    rule = method.options.Extensions[annotations_pb2.http]
    return bool(rule.get) or method.input_type.removeprefix(".") in requests_with_id


def _paths(method: MethodDescriptorProto, service: str) -> tuple[str, ...]:
    rule = method.options.Extensions[annotations_pb2.http]
    path = rule.get or rule.post
    if not path or "{" in path:
        raise ValueError(f"{service}.{method.name}: a method that streams is got or posted at a path without variables")
    return f"/{service}/{method.name}", path


def _messages_with_field(descriptors: FileDescriptorSet, field: str) -> set[str]:
    return {
        f"{file.package}.{message.name}"
        for file in descriptors.file
        for message in file.message_type
        if any(candidate.name == field for candidate in message.field)
    }
