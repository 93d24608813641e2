"""The list of error reasons that callers may rely on is committed; changing it is a decision and not an accident."""

from __future__ import annotations

import re
from pathlib import Path

from tools.reasons import LIST, reasons

ROOT = Path(__file__).resolve().parents[2]


def test_the_committed_list_is_what_the_code_answers() -> None:
    committed = LIST.read_text().split()
    assert committed == reasons(), "run: .venv/bin/python tools/reasons.py --write"


def test_every_reason_that_a_contract_names_can_be_answered() -> None:
    named = set()
    for proto in (ROOT / "protos" / "bursar").rglob("*_service.proto"):
        for sentence in re.findall(r"// Errors: ((?:.*\n)(?:\s*// [A-Z].*\n)*)", proto.read_text()):
            named |= set(re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", sentence))
    assert len(named) > 50
    assert named <= set(reasons()), f"named in a contract and never answered: {sorted(named - set(reasons()))}"
