"""Writes the tables that `strict_json.lua` checks JSON bodies with."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from google.api import annotations_pb2, http_pb2
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorSet

from deploy.envoy.public import PublicService

# A Lua value: a table by names, a text or a truth value.
Lua: TypeAlias = "dict[str, Lua] | str | bool"

_SCRIPT = Path(__file__).with_name("strict_json.lua")
# Their JSON is not an object of their fields.
_NOT_LOOKED_INTO = ("google.protobuf.", "google.api.HttpBody")
_VERBS = ("get", "put", "post", "delete", "patch")


def strict_json_script(descriptors: FileDescriptorSet, public: Sequence[PublicService]) -> str:
    """The whole Lua source: the tables of the public methods, then the script."""
    known = dict(_messages(descriptors))
    routes: dict[str, Lua] = {}
    reached: dict[str, Lua] = {}
    for rule, message in _rules(descriptors, {service.name for service in public}):
        body = _body_message(rule, message, known)
        if body is not None:
            _add_route(routes, rule, body)
            _add_message(reached, body, known)
    return f"local ROUTES = {_lua(routes)}\nlocal MESSAGES = {_lua(reached)}\n{_SCRIPT.read_text()}"


def _messages(descriptors: FileDescriptorSet) -> Iterator[tuple[str, DescriptorProto]]:
    for file in descriptors.file:
        for message in file.message_type:
            yield from _with_nested(f"{file.package}.{message.name}", message)


def _with_nested(name: str, message: DescriptorProto) -> Iterator[tuple[str, DescriptorProto]]:
    yield name, message
    for nested in message.nested_type:
        yield from _with_nested(f"{name}.{nested.name}", nested)


def _rules(descriptors: FileDescriptorSet, public: set[str]) -> Iterator[tuple[http_pb2.HttpRule, str]]:
    """Each HTTP mapping of each public method with the name of the request message."""
    for file in descriptors.file:
        for service in file.service:
            if f"{file.package}.{service.name}" in public:
                for method in service.method:
                    rule = method.options.Extensions[annotations_pb2.http]
                    for each in (rule, *rule.additional_bindings):
                        yield each, method.input_type.removeprefix(".")


def _body_message(rule: http_pb2.HttpRule, message: str, known: dict[str, DescriptorProto]) -> str | None:
    """The message that the JSON body is; None when there is no body or its JSON is not looked into."""
    if rule.body not in ("", "*"):
        field = next(field for field in known[message].field if field.name == rule.body)
        message = field.type_name.removeprefix(".")
    if not rule.body or not message or message.startswith(_NOT_LOOKED_INTO):
        return None
    return message


def _add_route(routes: dict[str, Lua], rule: http_pb2.HttpRule, message: str) -> None:
    verb = next(verb for verb in _VERBS if getattr(rule, verb))
    node = routes.setdefault(verb.upper(), {})
    for segment in getattr(rule, verb).strip("/").split("/"):
        assert isinstance(node, dict)
        node = node.setdefault(_segment(segment), {})
    assert isinstance(node, dict)
    node["="] = message


def _segment(segment: str) -> str:
    """`{}` for `{id}`, `{}:archive` for `{id}:archive`, a literal as it is."""
    if not segment.startswith("{"):
        return segment
    variable, _, verb = segment.partition("}")
    if "=" in variable or "*" in variable:
        raise ValueError(f"a path variable of several segments is not supported: {segment}")
    return "{}" + verb


def _add_message(reached: dict[str, Lua], name: str, known: dict[str, DescriptorProto]) -> None:
    if name in reached:
        return
    fields: dict[str, Lua] = {}
    reached[name] = fields
    for field in known[name].field:
        kind = _kind(field, known)
        fields[field.name] = fields[field.json_name] = kind
        inner = kind["map"] if isinstance(kind, dict) else kind
        if isinstance(inner, str):
            _add_message(reached, inner, known)


def _kind(field: FieldDescriptorProto, known: dict[str, DescriptorProto]) -> Lua:
    name = field.type_name.removeprefix(".")
    if field.type != FieldDescriptorProto.TYPE_MESSAGE or name.startswith(_NOT_LOOKED_INTO):
        return False
    if known[name].options.map_entry:
        value = next(each for each in known[name].field if each.name == "value")
        return {"map": _kind(value, known)}
    return name


def _lua(value: Lua) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"[{json.dumps(key)}]={_lua(each)}" for key, each in value.items()) + "}"
    return json.dumps(value)
