"""Refuse what Stripe would refuse: unknown, missing and ill-typed parameters, by the committed contract."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from deploy.stripe_simulator.errors import StripeError, invalid
from deploy.stripe_simulator.form import Form
from deploy.stripe_simulator.jsons import Json

CONTRACT = Path(__file__).parent / "contract" / "parameters.json"
MAX_METADATA = 50, 40, 500
NO_LONGER_SUPPORTED = (
    "The `payment_method_types` parameter is no longer supported in this API version. Use `automatic_payment_methods`,"
    " `allowed_payment_method_types` or `excluded_payment_method_types` instead."
)

Check = Callable[[Any, str], Any]


class Contract:
    """For each operation a check, built when it is first asked for: `check("POST /v1/refunds", form)` gives typed values."""

    def __init__(self) -> None:
        content: Json = orjson.loads(CONTRACT.read_bytes())
        self._types: list[Any] = content["types"]
        self._operations: Json = content["operations"]
        self._checks: dict[int, Check] = {}

    def check(self, operation: str, form: Form) -> Json:
        values: Json = self._compiled(self._operations[operation])(form, "")
        if metadata := values.get("metadata"):
            _check_metadata(metadata)
        return values

    def _compiled(self, reference: int | str) -> Check:
        if isinstance(reference, str):
            return SCALARS[reference]
        if reference not in self._checks:
            kind, *rest = self._types[reference]
            self._checks[reference] = getattr(self, f"_{FORMS[kind]}")(*rest)
        return self._checks[reference]

    def _enumeration(self, *allowed: str) -> Check:
        accepted = frozenset(allowed)

        def check(value: Any, path: str) -> Any:
            if not isinstance(value, str) or value not in accepted:
                raise invalid(f"Invalid {path}: must be one of {', '.join(allowed)}", param=path)
            return value

        return check

    def _array(self, item: int | str) -> Check:
        check_item = self._compiled(item)

        def check(value: Any, path: str) -> Any:
            if value == "":
                return []
            if not isinstance(value, dict):
                raise invalid("Invalid array", "parameter_invalid_array", path)
            return [check_item(member, f"{path}[{index}]") for index, member in value.items()]

        return check

    def _map(self, member: int | str) -> Check:
        check_member = self._compiled(member)

        def check(value: Any, path: str) -> Any:
            if not isinstance(value, dict):
                raise invalid("Invalid object", "parameter_invalid_object", path)
            return {name: check_member(held, f"{path}[{name}]") for name, held in value.items()}

        return check

    def _union(self, *branches: int | str) -> Check:
        checks = [self._compiled(branch) for branch in branches]

        def check(value: Any, path: str) -> Any:
            refusals: list[StripeError] = []
            for attempt in checks:
                try:
                    return attempt(value, path)
                except StripeError as refusal:
                    refusals.append(refusal)
            # The branch that got deepest into the value says best what is wrong with it.
            raise max(refusals, key=lambda refusal: len(refusal.param or ""))

        return check

    def _object(self, members: dict[str, int | str], required: list[str]) -> Check:
        checks: dict[str, Check] = {}

        def check(value: Any, path: str) -> Any:
            if not isinstance(value, dict):
                raise invalid("Invalid object", "parameter_invalid_object", path)
            checked = {}
            for name, held in value.items():
                where = f"{path}[{name}]" if path else name
                if name not in members:
                    raise _unknown(name, where)
                if name not in checks:
                    checks[name] = self._compiled(members[name])
                checked[name] = checks[name](held, where)
            for name in required:
                if name not in checked:
                    where = f"{path}[{name}]" if path else name
                    raise invalid(f"Missing required param: {where}.", "parameter_missing", where)
            return checked

        return check


def _unknown(name: str, path: str) -> StripeError:
    if path == "payment_method_types":
        return invalid(NO_LONGER_SUPPORTED, "payment_method_types_no_longer_supported", path)
    return invalid(f"Received unknown parameter: {path}", "parameter_unknown", path)


def _string(value: Any, path: str) -> Any:
    if not isinstance(value, str):
        raise invalid("Invalid string", "parameter_invalid_string", path)
    return value


def _integer(value: Any, path: str) -> Any:
    if isinstance(value, str) and value.removeprefix("-").isdecimal() and len(value) < 20:
        return int(value)
    raise invalid(f"Invalid integer: {value}", "parameter_invalid_integer", path)


def _number(value: Any, path: str) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise invalid(f"Invalid decimal: {value}", "parameter_invalid_decimal", path) from None


def _boolean(value: Any, path: str) -> Any:
    if value in ("true", "false"):
        return value == "true"
    raise invalid(f"Invalid boolean: {value}", "parameter_invalid_boolean", path)


def _anything(value: Any, path: str) -> Any:
    return value


def _check_metadata(metadata: dict[str, str]) -> None:
    most_keys, longest_key, longest_value = MAX_METADATA
    if len(metadata) > most_keys:
        raise invalid(f"Metadata has at most {most_keys} keys.", param="metadata")
    for key, value in metadata.items():
        if len(key) > longest_key:
            raise invalid(f"Metadata keys have at most {longest_key} characters.", param=f"metadata[{key}]")
        if len(value) > longest_value:
            raise invalid(f"Metadata values have at most {longest_value} characters.", param=f"metadata[{key}]")


FORMS = {"e": "enumeration", "a": "array", "m": "map", "u": "union", "o": "object"}
SCALARS: dict[str, Check] = {"s": _string, "i": _integer, "n": _number, "b": _boolean, "x": _anything}
