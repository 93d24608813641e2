"""What every resource does alike: metadata that merges, parameters that are emptied by an empty string."""

from collections.abc import Iterable

from deploy.stripe_simulator.jsons import Json

ADDRESS = {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None}


def merged(metadata: dict[str, str], change: dict[str, str] | str) -> dict[str, str]:
    """Keys are added or replaced; an empty value removes one, an empty string in place of the map removes all."""
    if isinstance(change, str):
        return {}
    return {key: value for key, value in (metadata | change).items() if value != ""}


def assign(value: Json, values: Json, names: Iterable[str]) -> Json:
    """Copy the given parameters onto an object, and metadata by merging; returns the previous values of what changed."""
    before = {name: value.get(name) for name in names if name in values}
    for name in before:
        value[name] = None if values[name] == "" else values[name]
    if "metadata" in values:
        before["metadata"] = value["metadata"]
        value["metadata"] = merged(value["metadata"], values["metadata"])
    return {name: old for name, old in before.items() if value[name] != old}


def address(values: Json | None) -> Json | None:
    return ADDRESS | values if values else None


def billing_details(values: Json | None) -> Json:
    given = values or {}
    return {
        "address": ADDRESS | (given.get("address") or {}),
        "email": given.get("email") or None,
        "name": given.get("name") or None,
        "phone": given.get("phone") or None,
        "tax_id": given.get("tax_id") or None,
    }
