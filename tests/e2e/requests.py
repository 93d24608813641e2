"""Requests that the contracts accept, made from the messages' own rules and ids that exist.

A request starts empty and is repaired, field by field, until no rule of `buf.validate` is broken; so a new method needs nothing
here. What rules cannot say – which country there is, which id belongs to which name – comes from `EXAMPLES` and the world.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from buf.validate import validate_pb2
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, MethodDescriptor, OneofDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from protovalidate import Validator

from tests.e2e.contracts import access, is_map, is_own_message, is_repeated, noun_of, request_class
from tests.e2e.world import ADDRESS, World

Path = tuple[FieldDescriptor, ...]
"""A field of a request, from the outside in."""

EXAMPLES: dict[str, Any] = {
    "amounts": {"eur": 500},
    "code": "SUMMER24",
    "confirmation_token_id": "pm_card_visa",
    "country": ADDRESS["country"],
    "currency": "eur",
    "default_presentment_currency": "eur",
    "invoice_prefix": "INV",
    "locale": "en",
    "order_by": "created_at",
    "page_token": "",
    "price_amount": 1_000,
    "prefix": "EDIT",
    "price_currency": "eur",
    "return_url": "https://shop.example.com/cart",
    "scopes": "orders:read",
    "state": "",
    "success_url": "https://shop.example.com/done",
    "tax_id": "DE136695976",
    "customer_tax_id": "DE136695976",
    "tax_registrations": "FR",
    "time_zone": "Europe/Paris",
}
"""Values by field name, where any text of the right length would not do."""

UNIQUE = {"request_id", "idempotency_key", "slug", "email", "customer_email", "external_id", "payment_id", "setup_id"}
"""Fields that nobody may have used before."""

NOT_OURS = {"confirmation_token_id", "tax_id", "customer_tax_id"}
"""Ids that somebody else gives: the processor, a tax office."""

ALWAYS = {"confirmation_token_id", "price_amount", "benefit_ids"}
"""Fields that are filled though no rule asks for them, because the business does."""

ALIASES = {"source_id": "order_id", "reverses_id": "transaction_id"}
"""Fields that name a resource by another word."""

NAMES = {"key", "client_secret", "discount_code", "external_customer_id"}
"""Fields that find something without being called an id."""

_REPAIRS = 40
_validator = Validator()


class CannotBuild(Exception):
    """The contracts ask for something that this file cannot make up; the message says what."""


@dataclass(frozen=True)
class Requests:
    """Makes requests about the things of one world."""

    world: World

    def minimal(self, method: MethodDescriptor) -> Message:
        """Only what has to be there; an update changes one field."""
        return self.with_fields(method)

    def with_fields(self, method: MethodDescriptor, *paths: Path) -> Message:
        """The minimal request with these fields besides, and an update's mask naming them."""
        return _Form(self.world, method).filled(tuple(path for path in paths if path[-1].name != "update_mask"))

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
        chosen = {path[0].containing_oneof.full_name for path in paths if path[0].containing_oneof}
        for field in self.method.input_type.fields:
            if field.name in ALWAYS or (field.name == "organization_id" and access(self.method).anonymous):
                yield (field,)
        if not self.method.name.startswith("Update"):
            choices = [choice for choice in self.method.input_type.oneofs if choice.full_name not in chosen]
            yield from ((choice.fields[0],) for choice in choices if not _only_marks_presence(choice))

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
        if last.name in UNIQUE:
            return _unique(last.name)
        if last.name in EXAMPLES:
            return EXAMPLES[last.name]
        return self._message(path) if is_own_message(last) else _by_type(last)

    def _message(self, path: Path) -> Message:
        message: Message = GetMessageClass(path[-1].message_type)()
        for choice in message.DESCRIPTOR.oneofs:
            if not _only_marks_presence(choice):
                _set(message, choice.fields[0], self._example((*path, choice.fields[0])))
        for field in message.DESCRIPTOR.fields:
            if field.name in ALWAYS:
                _set(message, field, self._example((*path, field)))
        self._repair(message, path)
        return message

    def _fill_mask(self, request: Message, paths: tuple[Path, ...]) -> None:
        mask = request.DESCRIPTOR.fields_by_name.get("update_mask")
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
                names = [element.field_name for element in violation.proto.field.elements]
                path = _find(message.DESCRIPTOR, names)
                where = f"{self.method.full_name}: {dotted((*prefix, *path))} {violation.proto.message}"
                if not path or _is_given(message, path):
                    raise CannotBuild(f"{where}; the example for it does not fit: give one in EXAMPLES of {__name__}")
                self.put(message, path, self._example((*prefix, *path)))
        raise CannotBuild(f"{self.method.full_name}: {message.DESCRIPTOR.name} cannot be made valid")


_ADDRESSING = {"request_id", "id", "client_secret", "update_mask"}


def changeable(method: MethodDescriptor) -> Iterator[Path]:
    """The fields that an update can name in its mask."""
    for candidate in method.input_type.fields:
        if candidate.name == "change":
            yield from ((candidate, inner) for inner in candidate.message_type.fields)
        elif candidate.name not in _ADDRESSING:
            yield (candidate,)


def _harmless_change(method: MethodDescriptor) -> Path:
    paths = list(changeable(method))
    texts = (path for path in paths if path[-1].cpp_type == FieldDescriptor.CPPTYPE_STRING and path[-1].name not in UNIQUE)
    return next((path for path in texts if not is_reference(method, path)), paths[0])


def _only_marks_presence(choice: OneofDescriptor) -> bool:
    """The oneof that stands behind an `optional` field."""
    return len(choice.fields) == 1 and choice.name.startswith("_")


def paths_of(message: Descriptor, prefix: Path = ()) -> Iterator[Path]:
    """Every field of a request and of the messages in it."""
    for candidate in message.fields:
        yield (*prefix, candidate)
        if is_own_message(candidate):
            yield from paths_of(candidate.message_type, (*prefix, candidate))


def is_reference(method: MethodDescriptor, path: Path) -> bool:
    """Whether a field names something that exists, here or at somebody else's."""
    name = path[-1].name
    if name == "external_id":
        return method.name.startswith("Get")
    if name in NOT_OURS or name in UNIQUE:
        return False
    return name in ("id", "ids") or name.endswith(("_id", "_ids")) or name in NAMES


def world_key(method: MethodDescriptor, path: Path) -> str:
    """What the world calls the id in this field: a request's own `id` is that of the resource which the method answers."""
    name = path[-1].name
    if name == "id":
        return f"{noun_of(method.output_type if len(path) == 1 else path[-1].containing_type)}_id"
    return ALIASES.get(name) or (name.removesuffix("s") if name.endswith("_ids") else name)


def dotted(path: Path) -> str:
    """E.g. `prices.fixed.price_amount`."""
    return ".".join(step.name for step in path)


def rules_of(candidate: FieldDescriptor) -> validate_pb2.FieldRules:
    """What `buf.validate` says of a field."""
    return candidate.GetOptions().Extensions[validate_pb2.field]  # type: ignore[no-any-return]


def item_rules(candidate: FieldDescriptor) -> validate_pb2.FieldRules:
    """The rules of one value: of a list's items, or of the field itself."""
    rules = rules_of(candidate)
    return rules.repeated.items if is_repeated(candidate) and not is_map(candidate) else rules


def allowed_values(candidate: FieldDescriptor) -> list[int]:
    """The numbers of an enum that mean something and are allowed in the field."""
    excluded = set(item_rules(candidate).enum.not_in) | {0}
    enum: EnumDescriptor = candidate.enum_type
    return [value.number for value in enum.values if value.number not in excluded]


def _find(message: Descriptor, names: list[str]) -> Path:
    path: list[FieldDescriptor] = []
    for name in names:
        found = message.fields_by_name.get(name)
        if found is None and name in message.oneofs_by_name:
            found = message.oneofs_by_name[name].fields[0]
        if found is None:
            return ()
        path.append(found)
        message = found.message_type
        if message is None or is_map(found):
            break
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


def _set(message: Any, candidate: FieldDescriptor, value: Any) -> None:
    name = candidate.name
    if is_map(candidate):
        getattr(message, name).clear()
        getattr(message, name).update(value)
    elif candidate.message_type is not None and candidate.message_type.full_name == "google.protobuf.FieldMask":
        getattr(message, name).paths[:] = value
    elif candidate.message_type is not None and candidate.message_type.full_name == "google.protobuf.Struct":
        getattr(message, name).update(value)
    elif is_repeated(candidate):
        entries = getattr(message, name)
        del entries[:]
        entries.extend(value)
    elif isinstance(value, Message):
        getattr(message, name).CopyFrom(value)
    elif isinstance(value, datetime):
        getattr(message, name).FromDatetime(value)
    else:
        setattr(message, name, value)


def _unique(name: str) -> str:
    text = uuid4().hex
    if name.endswith("email"):
        return f"{text}@example.com"
    return str(uuid4()) if name in ("payment_id", "setup_id") else text


def _by_type(candidate: FieldDescriptor) -> Any:
    rules = item_rules(candidate)
    kind = candidate.cpp_type
    if kind == FieldDescriptor.CPPTYPE_STRING:
        return _text(rules.string)
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return True
    if kind == FieldDescriptor.CPPTYPE_ENUM:
        return allowed_values(candidate)[0]
    if kind in (FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_INT64):
        bounds = rules.int32 if kind == FieldDescriptor.CPPTYPE_INT32 else rules.int64
        return max(1, bounds.gte)
    if candidate.message_type is not None and candidate.message_type.name == "Timestamp":
        return datetime.now(UTC) + timedelta(days=3)
    if candidate.message_type is not None and candidate.message_type.name == "Struct":
        return {"color": "blue", "size": 3, "gift": True}
    raise CannotBuild(f"{candidate.full_name}: no example; give one in EXAMPLES of {__name__}")


def _text(rules: validate_pb2.StringRules) -> str:
    if rules.uuid:
        return str(uuid4())
    if rules.uri:
        return "https://shop.example.com/done"
    if rules.email:
        return _unique("email")
    return "text".ljust(int(rules.min_len), "s")[: int(rules.max_len) or None]
