"""Requests that the contracts accept, made from the messages' own rules and ids that exist.

A request starts empty and is repaired, field by field, until no rule of `buf.validate` is broken; so a new method needs nothing
here. What rules cannot say – which country there is, which id belongs to which name – comes from the examples and the world.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor, OneofDescriptor
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from protovalidate import Validator

from tests.e2e.contracts import access, fields_of, inner_of, is_map, is_own_message, is_repeated, request_class, request_of
from tests.e2e.examples import UNIQUE, CannotBuild, by_name_or_type
from tests.e2e.paths import Path, dotted, is_reference, rules_of, world_key
from tests.e2e.world import World

ALWAYS = {"confirmation_token_id", "price_amount", "benefit_ids"}
"""Fields that are filled though no rule asks for them, because the business does."""

_REPAIRS = 40
_validator = Validator()


@dataclass(frozen=True)
class Requests:
    """Makes requests about the things of one world."""

    world: World
    _made: dict[tuple[str, ...], Message] = dataclasses.field(default_factory=dict)

    def minimal(self, method: MethodDescriptor) -> Message:
        """Only what has to be there; an update changes one field."""
        return self.with_fields(method)

    def with_fields(self, method: MethodDescriptor, *paths: Path) -> Message:
        """The minimal request with these fields besides, and an update's mask naming them."""
        paths = tuple(path for path in paths if path[-1].name != "update_mask")
        key = (method.full_name, *map(dotted, paths))
        if key not in self._made:
            self._made[key] = _Form(self.world, method).filled(paths)
        request = request_class(method)()
        request.CopyFrom(self._made[key])
        for known, value in request.ListFields():
            if known.name in UNIQUE and isinstance(value, str) and not is_reference(method, (known,)):
                setattr(request, known.name, by_name_or_type(known))
        return request

    def put(self, method: MethodDescriptor, request: Message, path: Path, value: Any) -> None:
        """Set one field of a request; in lists it is the first entry."""
        _Form(self.world, method).put(request, path, value)


@dataclass(frozen=True)
class _Form:
    world: World
    method: MethodDescriptor

    def filled(self, paths: tuple[Path, ...]) -> Message:
        request = request_class(self.method)()
        for path in (*paths, *self._expected_besides(paths)):
            self.put(request, path, self._example(path))
        self._fill_mask(request, paths)
        self._repair(request, ())
        return request

    def put(self, request: Message, path: Path, value: Any) -> None:
        inner = request
        for position, step in enumerate(path[:-1], start=1):
            if is_repeated(step):
                entries = getattr(inner, step.name)
                if not entries:
                    entries.extend(self._example(path[:position]))
                inner = entries[0]
            else:
                if not inner.HasField(step.name):
                    getattr(inner, step.name).CopyFrom(self._message(path[:position]))
                inner = getattr(inner, step.name)
        _set(inner, path[-1], value)

    def _expected_besides(self, paths: tuple[Path, ...]) -> Iterator[Path]:
        """What no rule asks for but the business does."""
        chosen = {_choice_of(path[0]) for path in paths}
        for field in fields_of(request_of(self.method)):
            if field.name in ALWAYS or (field.name == "organization_id" and access(self.method).anonymous):
                yield (field,)
        if not self.method.name.startswith("Update"):
            yield from ((first,) for first in _firsts(request_of(self.method)) if _choice_of(first) not in chosen)

    def _example(self, path: Path) -> Any:
        """A value that the field at a path accepts; for a list as many as it needs."""
        if is_repeated(path[-1]) and not is_map(path[-1]):
            return [self._one(path) for _ in range(max(1, rules_of(path[-1]).repeated.min_items))]
        return self._one(path)

    def _one(self, path: Path) -> Any:
        last = path[-1]
        if is_reference(self.method, path):
            key = world_key(self.method, path)
            if key not in self.world:
                raise CannotBuild(
                    f"{self.method.full_name}: which id belongs into {dotted(path)}? Give populate() of tests.e2e.world a {key}"
                )
            return int(self.world[key]) if last.cpp_type == FieldDescriptor.CPPTYPE_INT64 else self.world[key]
        return self._message(path) if is_own_message(last) else by_name_or_type(last)

    def _message(self, path: Path) -> Message:
        message: Message = GetMessageClass(inner_of(path[-1]))()
        for field in (*_firsts(inner_of(path[-1])), *(field for field in fields_of(inner_of(path[-1])) if field.name in ALWAYS)):
            _set(message, field, self._example((*path, field)))
        self._repair(message, path)
        return message

    def _fill_mask(self, request: Message, paths: tuple[Path, ...]) -> None:
        mask = next((field for field in fields_of(request_of(self.method)) if field.name == "update_mask"), None)
        if mask is None:
            return
        changes = [path for path in paths if path[0].name not in _ADDRESSING]
        if not changes:
            changes = [_harmless_change(self.method)]
            self.put(request, changes[0], self._example(changes[0]))
        names = [path[1].name if path[0].name == "change" and len(path) > 1 else path[0].name for path in changes]
        _set(request, mask, list(dict.fromkeys(names)))

    def _repair(self, message: Message, prefix: Path) -> None:
        for _ in range(_REPAIRS):
            violations = _validator.collect_violations(message)
            if not violations:
                return
            for violation in violations:
                names = [element.field_name for element in violation.proto.field.elements] if violation.proto.field else []
                path = _find(inner_of(prefix[-1]) if prefix else request_of(self.method), names)
                where = f"{self.method.full_name}: {dotted((*prefix, *path))} {violation.proto.message}"
                if not path or _is_given(message, path):
                    raise CannotBuild(f"{where}; the example for it does not fit: give one in EXAMPLES of tests.e2e.examples")
                self.put(message, path, self._example((*prefix, *path)))
        raise CannotBuild(f"{self.method.full_name}: {message.DESCRIPTOR.name} cannot be made valid")


_ADDRESSING = {"request_id", "id", "client_secret", "update_mask"}


def changeable(method: MethodDescriptor) -> Iterator[Path]:
    """The fields that an update can name in its mask."""
    for field in fields_of(request_of(method)):
        if field.name == "change":
            yield from ((field, inner) for inner in fields_of(inner_of(field)))
        elif field.name not in _ADDRESSING:
            yield (field,)


def _harmless_change(method: MethodDescriptor) -> Path:
    paths = list(changeable(method))
    texts = (path for path in paths if path[-1].cpp_type == FieldDescriptor.CPPTYPE_STRING and path[-1].name not in UNIQUE)
    return next((path for path in texts if not is_reference(method, path)), paths[0])


def _firsts(message: Descriptor) -> list[FieldDescriptor]:
    """The first field of every choice; `optional` fields are no choice, though protobuf stores them as one."""
    choices: list[OneofDescriptor] = list(message.oneofs)
    return [choice.fields[0] for choice in choices if len(choice.fields) > 1]


def _choice_of(field: FieldDescriptor) -> str | None:
    return field.containing_oneof.name if field.containing_oneof else None


def _find(message: Descriptor, names: list[str]) -> Path:
    """The fields of those names, one in the other; a choice stands for its first field."""
    path: list[FieldDescriptor] = []
    for name in names:
        firsts = [first for first in _firsts(message) if _choice_of(first) == name]
        found = next((field for field in (*fields_of(message), *firsts) if field.name == name or field in firsts), None)
        if found is None:
            return ()
        path.append(found)
        if not is_own_message(found):
            break
        message = inner_of(found)
    return tuple(path)


def _is_given(message: Message, path: Path) -> bool:
    for step in path:
        if not any(known is step or known.name == step.name for known, _ in message.ListFields()):
            return False
        value = getattr(message, step.name)
        if step is path[-1]:
            return True
        message = value[0] if is_repeated(step) else value
    return True


def _set(message: Any, field: FieldDescriptor, value: Any) -> None:
    name = field.name
    if is_map(field):
        getattr(message, name).clear()
        ParseDict({name: value}, message)
    elif field.message_type is not None and field.message_type.full_name == "google.protobuf.FieldMask":
        getattr(message, name).paths[:] = value
    elif field.message_type is not None and field.message_type.full_name == "google.protobuf.Struct":
        getattr(message, name).update(value)
    elif is_repeated(field):
        entries = getattr(message, name)
        del entries[:]
        entries.extend(value)
    elif isinstance(value, Message):
        getattr(message, name).CopyFrom(value)
    elif isinstance(value, datetime):
        getattr(message, name).FromDatetime(value)
    elif isinstance(value, timedelta):
        getattr(message, name).FromTimedelta(value)
    else:
        setattr(message, name, value)
