"""What scripts of the edge know of the contracts: tables in Lua, by path and by message."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from google.api import annotations_pb2, http_pb2
from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorSet

from deploy.envoy.public import PublicService

# A Lua value: a table by names, a text, a number or a truth value.
Lua: TypeAlias = "dict[str, Lua] | str | int | bool"

_LEAF = Path(__file__).with_name("leaf_of_path.lua")
_VERBS = ("get", "put", "post", "delete", "patch")


def messages(descriptors: FileDescriptorSet) -> Iterator[tuple[str, DescriptorProto]]:
    """Each message with its full name, nested ones too."""
    for file in descriptors.file:
        for message in file.message_type:
            yield from _with_nested(f"{file.package}.{message.name}", message)


def rules(descriptors: FileDescriptorSet, public: Sequence[PublicService]) -> Iterator[tuple[http_pb2.HttpRule, str]]:
    """Each HTTP mapping of each public method with the name of the request message."""
    names = {service.name for service in public}
    for file in descriptors.file:
        for service in file.service:
            if f"{file.package}.{service.name}" in names:
                for method in service.method:
                    rule = method.options.Extensions[annotations_pb2.http]
                    for each in (rule, *rule.additional_bindings):
                        yield each, method.input_type.removeprefix(".")


def add_leaf(routes: dict[str, Lua], rule: http_pb2.HttpRule, leaf: Lua) -> None:
    """What stands at the end of a mapping's path."""
    verb = next(verb for verb in _VERBS if getattr(rule, verb))
    node = routes.setdefault(verb.upper(), {})
    for segment in getattr(rule, verb).strip("/").split("/"):
        assert isinstance(node, dict)
        node = node.setdefault(_segment(segment), {})
    assert isinstance(node, dict)
    node["="] = leaf


def by_path(routes: dict[str, Lua]) -> str:
    """The source of `leaf_of(method, path)`, which finds what `add_leaf` put there."""
    return f"local ROUTES = {lua(routes)}\n{_LEAF.read_text()}"


def lua(value: Lua) -> str:
    """A value as source."""
    if isinstance(value, dict):
        return "{" + ",".join(f"[{json.dumps(key)}]={lua(each)}" for key, each in value.items()) + "}"
    return json.dumps(value)


def _with_nested(name: str, message: DescriptorProto) -> Iterator[tuple[str, DescriptorProto]]:
    yield name, message
    for nested in message.nested_type:
        yield from _with_nested(f"{name}.{nested.name}", nested)


def _segment(segment: str) -> str:
    """`{}` for `{id}`, `{}:archive` for `{id}:archive`, a literal as it is."""
    if not segment.startswith("{"):
        return segment
    variable, _, verb = segment.partition("}")
    if "=" in variable or "*" in variable:
        raise ValueError(f"a path variable of several segments is not supported: {segment}")
    return "{}" + verb
