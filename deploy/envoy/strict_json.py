"""Writes the tables that `strict_json.lua` checks JSON bodies with."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from google.api import http_pb2
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorSet

from deploy.envoy.lua_tables import Lua, add_leaf, by_path, lua, messages, rules
from deploy.envoy.public import PublicService

_SCRIPT = Path(__file__).with_name("strict_json.lua")
# Their JSON is not an object of their fields.
_NOT_LOOKED_INTO = ("google.protobuf.", "google.api.HttpBody")


def strict_json_script(descriptors: FileDescriptorSet, public: Sequence[PublicService]) -> str:
    """The whole Lua source: the tables of the public methods, then the script."""
    known = dict(messages(descriptors))
    routes: dict[str, Lua] = {}
    reached: dict[str, Lua] = {}
    for rule, message in rules(descriptors, public):
        body = _body_message(rule, message, known)
        if body is not None:
            add_leaf(routes, rule, body)
            _add_message(reached, body, known)
    return f"{by_path(routes)}\nlocal MESSAGES = {lua(reached)}\n{_SCRIPT.read_text()}"


def _body_message(rule: http_pb2.HttpRule, message: str, known: Mapping[str, DescriptorProto]) -> str | None:
    """The message that the JSON body is; None when there is no body or its JSON is not looked into."""
    if rule.body not in ("", "*"):
        field = next(field for field in known[message].field if field.name == rule.body)
        message = field.type_name.removeprefix(".")
    if not rule.body or not message or message.startswith(_NOT_LOOKED_INTO):
        return None
    return message


def _add_message(reached: dict[str, Lua], name: str, known: Mapping[str, DescriptorProto]) -> None:
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


def _kind(field: FieldDescriptorProto, known: Mapping[str, DescriptorProto]) -> Lua:
    name = field.type_name.removeprefix(".")
    if field.type != FieldDescriptorProto.TYPE_MESSAGE or name.startswith(_NOT_LOOKED_INTO):
        return False
    if known[name].options.map_entry:
        value = next(each for each in known[name].field if each.name == "value")
        return {"map": _kind(value, known)}
    return name
