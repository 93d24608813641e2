"""Values that fields accept: by name where any text would not do, else by their type and rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from buf.validate import validate_pb2
from google.protobuf.descriptor import FieldDescriptor

from tests.e2e.contracts import is_map
from tests.e2e.paths import allowed_values, item_rules

COUNTRY = "FR"

EXAMPLES: dict[str, Any] = {
    "amounts": {"eur": 500},
    "code": "SUMMER24",
    "columns": "email",
    "confirmation_token_id": "pm_card_visa",
    "country": COUNTRY,
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
    "unit_label": {"en": {"one": "server", "other": "servers"}},
}
"""Values by field name, where any text of the right length would not do."""

UNIQUE = {"request_id", "idempotency_key", "slug", "email", "customer_email", "external_id", "payment_id", "setup_id"}
"""Fields that nobody may have used before."""


class CannotBuild(Exception):
    """The contracts ask for something that nobody has made up yet; the message says what and where."""


def by_name_or_type(field: FieldDescriptor) -> Any:
    """One value for a field that is no message of the suite's own."""
    if field.name in UNIQUE:
        return _unique(field.name)
    return EXAMPLES[field.name] if field.name in EXAMPLES else _by_type(field)


def _unique(name: str) -> str:
    text = uuid4().hex
    if name.endswith("email"):
        return f"{text}@example.com"
    return str(uuid4()) if name in ("payment_id", "setup_id") else text


def _by_type(field: FieldDescriptor) -> Any:
    rules = item_rules(field)
    kind = field.cpp_type
    if is_map(field):
        return {"color": "blue"}
    if kind == FieldDescriptor.CPPTYPE_STRING:
        return _text(rules.string)
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return True
    if kind == FieldDescriptor.CPPTYPE_ENUM:
        return allowed_values(field)[0]
    if kind in (FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_INT64):
        bounds = rules.int32 if kind == FieldDescriptor.CPPTYPE_INT32 else rules.int64
        return max(1, bounds.gte)
    if field.message_type is not None and field.message_type.name == "Timestamp":
        return datetime.now(UTC) + timedelta(days=3)
    if field.message_type is not None and field.message_type.name == "Duration":
        return timedelta(days=1)
    if field.message_type is not None and field.message_type.name == "Struct":
        return {"color": "blue", "size": 3, "gift": True}
    raise CannotBuild(f"{field.full_name}: no example; give one in EXAMPLES of {__name__}")


def _text(rules: validate_pb2.StringRules) -> str:
    if words := [word for word in getattr(rules, "in") if word]:
        return str(words[0])
    if rules.uuid:
        return str(uuid4())
    if rules.uri:
        return "https://shop.example.com/done"
    if rules.email:
        return _unique("email")
    return "text".ljust(int(rules.min_len), "s")[: int(rules.max_len) or None]
