"""Maps in a query, `metadata[team]=red`: the transcoder knows none, so they are taken out before it and put into the message after it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorSet

from deploy.envoy.lua_tables import Lua, add_leaf, by_path, messages, rules
from deploy.envoy.public import PublicService

_TAKE = Path(__file__).with_name("take_query_maps.lua")
_PUT = Path(__file__).with_name("put_query_maps.lua")


def take_script(descriptors: FileDescriptorSet, public: Sequence[PublicService]) -> str:
    """The whole Lua source of what stands before the transcoder: which parameters of which paths are maps, then the script."""
    known = dict(messages(descriptors))
    routes: dict[str, Lua] = {}
    for rule, message in rules(descriptors, public):
        maps = _maps(known[message], known) if not rule.body else {}
        if maps:
            add_leaf(routes, rule, maps)
    return by_path(routes) + _TAKE.read_text()


def put_script() -> str:
    """What stands after the transcoder."""
    return _PUT.read_text()


def _maps(message: DescriptorProto, known: Mapping[str, DescriptorProto]) -> dict[str, Lua]:
    """The numbers of the fields that are maps of texts."""
    found: dict[str, Lua] = {}
    for field in message.field:
        entry = known.get(field.type_name.removeprefix("."))
        if entry and entry.options.map_entry and all(each.type == FieldDescriptorProto.TYPE_STRING for each in entry.field):
            found[field.name] = found[field.json_name] = field.number
    return found
