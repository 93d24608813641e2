"""Fields of requests by where they are, what they name, and the rules that they follow."""

from __future__ import annotations

from collections.abc import Iterator

from buf.validate import validate_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor

from tests.e2e.contracts import answer_of, fields_of, inner_of, is_map, is_own_message, is_repeated, noun_of

Path = tuple[FieldDescriptor, ...]
"""A field of a request, from the outside in."""

NEW = {"request_id", "idempotency_key", "payment_id", "setup_id"}
"""Ids that the caller makes up."""

NOT_OURS = {"confirmation_token_id", "tax_id", "customer_tax_id"}
"""Ids that somebody else gives: the processor, a tax office."""

ALIASES = {
    "source_id": "order_id",
    "reverses_id": "transaction_id",
    "preferred_payment_method_id": "payment_method_id",
    "upgraded_subscription_id": "subscription_id",
}
"""Fields that name a resource by another word."""

BY_PLACE = {
    "change.product.product_id": "other_product_id",
    "CreateCheckout.product_ids": "other_product_id",
    "CreateSubscription.product_id": "free_product_id",
    "ListBenefits.exclude_id": "benefit_id",
}
"""Fields in which another one of the kind belongs than elsewhere."""

ANSWERS = {"billing_preview": "subscription"}
"""Methods whose `id` is of another resource than the one they answer."""

NAMES = {"key", "client_secret", "discount_code", "external_customer_id", "invitation_token"}
"""Fields that find something without being called an id."""


def paths_of(message: Descriptor, prefix: Path = ()) -> Iterator[Path]:
    """Every field of a request and of the messages in it."""
    for field in fields_of(message):
        yield (*prefix, field)
        if is_own_message(field):
            yield from paths_of(inner_of(field), (*prefix, field))


def is_reference(method: MethodDescriptor, path: Path) -> bool:
    """Whether a field names something that exists, here or at somebody else's."""
    name = path[-1].name
    if name == "external_id":
        return method.name.startswith("Get")
    if name in NOT_OURS or name in NEW:
        return False
    return name in ("id", "ids") or name.endswith(("_id", "_ids")) or name in NAMES


def world_key(method: MethodDescriptor, path: Path) -> str:
    """What the world calls the id in this field: a request's own `id` is that of the resource which the method answers."""
    name = path[-1].name
    place = BY_PLACE.get(dotted(path)) or BY_PLACE.get(f"{method.name}.{dotted(path)}")
    if place is not None:
        return place
    if name == "id":
        noun = noun_of(answer_of(method) if len(path) == 1 else inner_of(path[-2]))
        return f"{ANSWERS.get(noun, noun)}_id"
    return ALIASES.get(name) or (name.removesuffix("s") if name.endswith("_ids") else name)


def dotted(path: Path) -> str:
    """E.g. `prices.fixed.price_amount`."""
    return ".".join(step.name for step in path)


def rules_of(field: FieldDescriptor) -> validate_pb2.FieldRules:
    """What `buf.validate` says of a field."""
    return field.GetOptions().Extensions[validate_pb2.field]


def item_rules(field: FieldDescriptor) -> validate_pb2.FieldRules:
    """The rules of one value: of a list's items, or of the field itself."""
    rules = rules_of(field)
    return rules.repeated.items if is_repeated(field) and not is_map(field) else rules


def allowed_values(field: FieldDescriptor) -> list[int]:
    """The numbers of an enum that mean something and are allowed in the field."""
    excluded = set(item_rules(field).enum.not_in) | {0}
    assert field.enum_type is not None
    return [value.number for value in field.enum_type.values if value.number not in excluded]
