"""Check requests and answers against the OpenAPI document of Stripe's API, for whoever speaks to Stripe.

The document stands outside the repository (`../shared/stripe/openapi.json`); where it is absent `load()` returns None and
tests say that they were skipped. Errors are readable sentences; an empty list means valid.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator

Json: TypeAlias = dict[str, Any]

DOCUMENT = Path(__file__).parents[3].parent / "shared" / "stripe" / "openapi.json"
FORM = "application/x-www-form-urlencoded"
MAX_ERRORS = 5


@cache
def load() -> "Document | None":
    """The document, read once; None where it is absent."""
    return Document(json.loads(DOCUMENT.read_text())) if DOCUMENT.exists() else None


class Document:
    """The API's operations and schemas."""

    def __init__(self, content: Json) -> None:
        self.content = content
        self._components: Json = content["components"]
        self._paths = [(re.compile(re.sub(r"{[^/]+}", "[^/]+", path)), path) for path in sorted(content["paths"])]
        self._validators: dict[str, Any] = {}

    def validate_request(self, method: str, path: str, query: str = "", body: str = "") -> list[str]:
        """What is wrong with a request as it went over the wire."""
        operation = self._operation(method, path)
        if operation is None:
            return [f"{method} {path} is no operation of the API"]
        schema = _inputs(operation)
        form = nested(parse_qsl("&".join(filter(None, (query, body))), keep_blank_values=True))
        return self._errors(f"{method} {path}", schema, coerced(form, schema), OAS30WriteValidator)

    def validate_response(self, schema: str, value: Json) -> list[str]:
        """What is wrong with an object as an instance of a schema such as `charge`."""
        return self._errors(schema, {"$ref": f"#/components/schemas/{schema}"}, value, OAS30ReadValidator)

    def validate_object(self, value: Json) -> list[str]:
        """The same, by the object's own `object`; lists are checked member by member."""
        kind = value.get("object", "")
        if kind in ("list", "search_result"):
            return [error for member in value["data"] for error in self.validate_object(member)]
        name = f"deleted_{kind}" if value.get("deleted") else kind
        if name not in self._components["schemas"]:
            return [f"{name} is no schema of the API"]
        return self.validate_response(name, value)

    def validate_event(self, event: Json) -> list[str]:
        """The event itself, and the snapshot in it."""
        return self.validate_response("event", event) + self.validate_object(event["data"]["object"])

    def _operation(self, method: str, path: str) -> Json | None:
        # A fixed segment (`/search`) wins over one that takes any id.
        templates = [template for pattern, template in self._paths if pattern.fullmatch(path)]
        for template in sorted(templates, key=lambda found: found.count("{")):
            if operation := self.content["paths"][template].get(method.lower()):
                found: Json = operation
                return found
        return None

    def _errors(self, name: str, schema: Json, value: Any, kind: Any) -> list[str]:
        if name not in self._validators:
            self._validators[name] = kind(schema | {"components": self._components})
        found = list(self._validators[name].iter_errors(value))[:MAX_ERRORS]
        return [f"{name}{error.json_path[1:]}: {error.message[:300]}" for error in found]


def nested(pairs: list[tuple[str, str]]) -> Json:
    """`a[b][0][c]=v` and `a[]=v` as nested dicts; arrays are dicts keyed by position until a schema tells."""
    form: Json = {}
    for name, value in pairs:
        head, _, rest = name.partition("[")
        keys = [head, *(rest.removesuffix("]").split("][") if rest else [])]
        node = form
        for key in keys[:-1]:
            node = node.setdefault(key or str(len(node)), {})
        node[keys[-1] or str(len(node))] = value
    return form


def coerced(value: Any, schema: Json) -> Any:
    """Form strings as the types that the schema wants; what does not fit stays as it is, to be refused."""
    if "anyOf" in schema:
        for branch in schema["anyOf"]:
            candidate = coerced(value, branch)
            if OAS30WriteValidator(branch).is_valid(candidate):
                return candidate
        return value
    if isinstance(value, dict):
        if schema.get("type") == "array":
            return [coerced(member, schema["items"]) for member in value.values()]
        members, others = schema.get("properties", {}), schema.get("additionalProperties")
        fallback = others if isinstance(others, dict) else {}
        return {name: coerced(member, members.get(name, fallback)) for name, member in value.items()}
    if schema.get("type") == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if schema.get("type") == "number" and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return float(value)
    return {"true": True, "false": False}.get(value, value) if schema.get("type") == "boolean" else value


def _inputs(operation: Json) -> Json:
    """Body and query parameters of an operation as one object schema."""
    body = operation.get("requestBody", {}).get("content", {}).get(FORM, {}).get("schema", {})
    query = [parameter for parameter in operation.get("parameters", []) if parameter["in"] == "query"]
    properties = body.get("properties", {}) | {parameter["name"]: parameter["schema"] for parameter in query}
    required = body.get("required", []) + [parameter["name"] for parameter in query if parameter.get("required")]
    schema: Json = {"type": "object", "additionalProperties": False, "properties": properties}
    return schema | ({"required": required} if required else {})
