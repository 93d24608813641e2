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
_REASON = re.compile(r"^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$")
_SENTENCE = re.compile(r"[a-z]")


def reasons() -> list[str]:
    """Every reason, sorted."""
    found: set[str] = set()
    for path in sorted((ROOT / "services").rglob("*.py")):
        if "tests" not in path.parts:
            found |= _reasons_in(ast.parse(path.read_text()))
    return sorted(found)


def _reasons_in(tree: ast.AST) -> set[str]:
    """A call whose first argument is a reason and that also gives a sentence, or a name `reason` bound to one."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            text = _text(node.args[0])
            sentences = [part for argument in node.args[1:] for part in ast.walk(argument) if _SENTENCE.search(_text(part))]
            if _REASON.match(text) and sentences:
                found.add(text)
        elif isinstance(node, ast.keyword | ast.Assign | ast.AnnAssign):
            names = [node.arg] if isinstance(node, ast.keyword) else [ast.unparse(t) for t in getattr(node, "targets", [getattr(node, "target", None)]) if t]
            if node.value is not None and names == ["reason"] and _REASON.match(_text(node.value)):
                found.add(_text(node.value))
    return found


def _text(node: ast.AST | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


if __name__ == "__main__":
    text = "\n".join(reasons()) + "\n"
    if "--write" in sys.argv:
        LIST.write_text(text)
    else:
        sys.stdout.write(text)
