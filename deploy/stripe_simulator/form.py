"""Form bodies and query strings with brackets (`a[b][0][c]=v`, `a[]=v`) as nested dicts of strings."""

from urllib.parse import unquote_plus

from deploy.stripe_simulator.errors import invalid

MAX_FIELDS = 2_000
MAX_DEPTH = 12

Form = dict[str, "str | Form"]


def decode(text: str) -> Form:
    """Return the nested form. Arrays stay dicts keyed by their index: only the contract knows what is an array."""
    form: Form = {}
    if not text:
        return form
    pairs = text.split("&")
    if len(pairs) > MAX_FIELDS:
        raise invalid(f"A request has at most {MAX_FIELDS} fields.")
    for pair in pairs:
        raw_name, _, raw_value = pair.partition("=")
        name = unquote_plus(raw_name)
        value = unquote_plus(raw_value)
        if "[" in name:
            _place(form, name, value)
        elif name:
            form[name] = value
    return form


def _place(form: Form, name: str, value: str) -> None:
    head, _, rest = name.partition("[")
    keys = [head, *rest.removesuffix("]").split("][")]
    if not head or len(keys) > MAX_DEPTH:
        raise invalid(f"Invalid parameter name: {name}", param=name)
    node = form
    for key in keys[:-1]:
        child = node.setdefault(key or str(len(node)), {})
        if isinstance(child, str):
            raise invalid(f"Invalid object: {name}", "parameter_invalid_object", name)
        node = child
    node[keys[-1] or str(len(node))] = value
