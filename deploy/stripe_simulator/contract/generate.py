"""Write `parameters.json` and `expansions.json` from the OpenAPI document of Stripe's API.

    python -m deploy.stripe_simulator.contract.generate path/to/openapi.json

The simulator runs from these two files alone. A type is written as: `s` string, `i` integer, `n` number, `b` boolean, `x` anything,
`["e", …]` enumeration, `["a", type]` array, `["m", type]` map, `["o", {name: type}, [required]]` object, `["u", type…]`
any of; a number refers to the list `types`, where every compound type stands once.
"""

import json
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
SCALARS = {"string": "s", "integer": "i", "number": "n", "boolean": "b"}


class TypeTable:
    """Compound types, each kept once and referred to by its position."""

    def __init__(self) -> None:
        self.types: list[Any] = []
        self._positions: dict[str, int] = {}

    def of(self, schema: dict[str, Any]) -> str | int:
        """The short form of an OpenAPI schema."""
        if "anyOf" in schema:
            return self._once(["u", *(self.of(branch) for branch in schema["anyOf"])])
        if "enum" in schema:
            return self._once(["e", *(value for value in schema["enum"] if value is not None)])
        kind = schema.get("type")
        if kind == "array":
            return self._once(["a", self.of(schema["items"])])
        if kind != "object":
            return SCALARS[str(kind)] if kind else "x"
        if "properties" in schema:
            members = {name: self.of(member) for name, member in sorted(schema["properties"].items())}
            return self._once(["o", members, sorted(schema.get("required", []))])
        values = schema.get("additionalProperties")
        return self._once(["m", self.of(values) if isinstance(values, dict) and values else "s"])

    def _once(self, compound: list[Any]) -> int:
        text = json.dumps(compound)
        if text not in self._positions:
            self._positions[text] = len(self.types)
            self.types.append(compound)
        return self._positions[text]


def parameters(document: dict[str, Any]) -> dict[str, Any]:
    """`{"types": […], "operations": {"POST /v1/customers": type}}`."""
    table = TypeTable()
    operations = {}
    for path, verbs in sorted(document["paths"].items()):
        for verb, operation in sorted(verbs.items()):
            operations[f"{verb.upper()} {path}"] = table.of(_inputs(operation))
    return {"operations": operations, "types": table.types}


def _inputs(operation: dict[str, Any]) -> dict[str, Any]:
    """Body and query of an operation as one object schema."""
    content = operation.get("requestBody", {}).get("content", {})
    body: dict[str, Any] = next(iter(content.values()))["schema"] if content else {}
    query = [given for given in operation.get("parameters", []) if given["in"] == "query"]
    return {
        "type": "object",
        "properties": body.get("properties", {}) | {given["name"]: given["schema"] for given in query},
        "required": body.get("required", []) + [given["name"] for given in query if given.get("required")],
    }


def expansions(document: dict[str, Any]) -> dict[str, list[str]]:
    """For each object type the dotted paths of the fields that `expand` may name."""
    schemas = document["components"]["schemas"]
    found = {name: sorted(_expandable(schema, "")) for name, schema in sorted(schemas.items())}
    return {name: paths for name, paths in found.items() if paths}


def _expandable(schema: dict[str, Any], path: str) -> set[str]:
    if "x-expansionResources" in schema:
        return {path}
    branches = [branch for branch in schema.get("anyOf", []) if "properties" in branch]
    found: set[str] = set()
    for holder in [schema, *branches]:
        members = holder.get("properties", {})
        if path and members.get("object", {}).get("enum") == ["list"]:
            found.add(path)
        for name, member in members.items():
            found |= _expandable(member, f"{path}.{name}" if path else name)
    if schema.get("type") == "array":
        found |= _expandable(schema["items"], path)
    return found


def rendered(document: dict[str, Any]) -> dict[str, str]:
    """File name to content."""
    values = {"parameters.json": parameters(document), "expansions.json": expansions(document)}
    return {name: json.dumps(value, separators=(",", ":"), sort_keys=True) + "\n" for name, value in values.items()}


if __name__ == "__main__":
    for file_name, text in rendered(json.loads(Path(sys.argv[1]).read_text())).items():
        (FOLDER / file_name).write_text(text)
