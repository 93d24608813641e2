"""Every method of the contracts, read from the descriptor set that `make protos` builds."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from bursar.options.v1 import access_pb2
from google.api import annotations_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

ROOT = Path(__file__).resolve().parents[2]

Json = dict[str, Any]


@cache
def methods() -> tuple[MethodDescriptor, ...]:
    """All methods of the suite."""
    files = FileDescriptorSet.FromString((ROOT / "build" / "descriptors.pb").read_bytes())
    found: list[MethodDescriptor] = []
    for file in files.file:
        if file.package.startswith("bursar."):
            module = import_module(file.name.removesuffix(".proto").replace("/", ".") + "_pb2")
            found += [method for service in module.DESCRIPTOR.services_by_name.values() for method in service.methods]
    return tuple(found)


def public_methods() -> list[MethodDescriptor]:
    """Those that the edge exposes as JSON, without the one that takes raw bytes."""
    return [method for method in methods() if http_rule(method) and takes_fields(method)]


def takes_fields(method: MethodDescriptor) -> bool:
    """Whether its request is a message of the contracts, and not raw bytes."""
    return request_of(method).full_name != "google.api.HttpBody"


def internal_methods() -> list[MethodDescriptor]:
    """Those that only services of the suite may call."""
    return [method for method in methods() if http_rule(method) is None]


def http_rule(method: MethodDescriptor) -> tuple[str, str] | None:
    """Verb and path template, e.g. ("GET", "/platform/v1/products/{id}")."""
    options = method.GetOptions()
    if annotations_pb2.http not in options.Extensions:
        return None
    rule = options.Extensions[annotations_pb2.http]
    verb = rule.WhichOneof("pattern")
    return verb.upper(), getattr(rule, verb)


def access(method: MethodDescriptor) -> access_pb2.Access:
    """Who may call it."""
    return method.GetOptions().Extensions[access_pb2.access]


def owner_of(method: MethodDescriptor) -> str:
    """A service that serves it, e.g. `checkout`."""
    owner = str(method.containing_service.file.package.split(".")[1])
    return "checkout" if owner == "clockwork" else owner  # every service has a clockwork


def short_name(method: MethodDescriptor) -> str:
    """E.g. `ProductService.GetProduct`; the id of a test."""
    return f"{method.containing_service.name}.{method.name}"


def grpc_path(method: MethodDescriptor) -> str:
    """E.g. `/bursar.checkout.v1.ProductService/GetProduct`."""
    return f"/{method.containing_service.full_name}/{method.name}"


def request_class(method: MethodDescriptor) -> type[Message]:
    return GetMessageClass(request_of(method))


def answer_class(method: MethodDescriptor) -> type[Message]:
    return GetMessageClass(answer_of(method))


def request_of(method: MethodDescriptor) -> Descriptor:
    """The message that a method takes."""
    assert method.input_type is not None
    return method.input_type


def answer_of(method: MethodDescriptor) -> Descriptor:
    """The message that a method returns."""
    assert method.output_type is not None
    return method.output_type


def fields_of(message: Descriptor) -> list[FieldDescriptor]:
    """In the order of the contract."""
    return list(message.fields)


def field_of(method: MethodDescriptor, name: str) -> FieldDescriptor | None:
    """The field of a method's request with that name."""
    return next((field for field in fields_of(request_of(method)) if field.name == name), None)


def inner_of(field: FieldDescriptor) -> Descriptor:
    """The message in a field."""
    assert field.message_type is not None, field.full_name
    return field.message_type


def is_repeated(field: FieldDescriptor) -> bool:
    """Lists and maps."""
    return bool(field.is_repeated)


def is_map(field: FieldDescriptor) -> bool:
    return bool(field.message_type is not None and field.message_type.GetOptions().map_entry)


def value_of(field: FieldDescriptor) -> FieldDescriptor:
    """What a map holds."""
    return next(inner for inner in fields_of(inner_of(field)) if inner.name == "value")


def is_own_message(field: FieldDescriptor) -> bool:
    """A message of the suite's own, not one of protobuf's well-known ones."""
    return field.message_type is not None and not is_map(field) and not field.message_type.full_name.startswith("google.protobuf.")


def noun_of(message: Descriptor) -> str:
    """The resource that a message is about, in snake case: `license_key` of `ValidatedLicenseKey`, `price` of `PriceInput`."""
    name = message.name.removeprefix("Validated").removesuffix("Input")
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
