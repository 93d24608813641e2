"""Lists every error reason that the code can answer, for docs/error-reasons.txt.

    python tools/reasons.py           print the list
    python tools/reasons.py --write   write the file

A reason is the first argument of an error of services/chassis/errors.py, in upper snake case.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "docs" / "error-reasons.txt"
_REASON = re.compile(r"^(?!BURSAR_|STRIPE_)[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$")  # BURSAR_… and STRIPE_… are settings


def reasons() -> list[str]:
    """Every reason, sorted."""
    found: set[str] = set()
    for path in sorted((ROOT / "services").rglob("*.py")):
        if "tests" not in path.parts:
            found |= _reasons_in(ast.parse(path.read_text()))
    return sorted(found)


def _reasons_in(tree: ast.AST) -> set[str]:
    """Errors that are made or raised with a reason, parent classes that are told one, and names `reason` bound to one."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and _makes_an_error(node.func):
            found.add(_text(node.args[0]))
            if ast.unparse(node.func) == "Lifecycle":
                found.add(f"{_text(node.args[0]).upper()}_STATUS_WRONG")
        elif isinstance(node, ast.keyword | ast.Assign | ast.AnnAssign) and node.value is not None and _names(node) == ["reason"]:
            found |= {_text(part) for part in ast.walk(node.value)}
    return {text for text in found if _REASON.match(text)}


def _makes_an_error(function: ast.expr) -> bool:
    """`Invalid(…)`, `errors.Invalid(…)`, `super().__init__(…)`, or a function of the module that makes one, e.g. `_denied(…)`."""
    name = ast.unparse(function).rsplit(".", 1)[-1]
    return name not in ("get", "Field", "getenv", "compile")


def _names(node: ast.keyword | ast.Assign | ast.AnnAssign) -> list[str | None]:
    if isinstance(node, ast.keyword):
        return [node.arg]
    return [ast.unparse(target) for target in (node.targets if isinstance(node, ast.Assign) else [node.target])]


def _text(node: ast.AST | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


if __name__ == "__main__":
    text = "\n".join(reasons()) + "\n"
    if "--write" in sys.argv:
        LIST.write_text(text)
    else:
        sys.stdout.write(text)
