"""The blocks of code in the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

INDENTED = "indented"
_FENCE = re.compile(r"^```(\w*)\s*$")


@dataclass(frozen=True)
class Block:
    """`language` is what stands behind the fence; `indented` for a block without one."""

    document: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.document.relative_to(ROOT)}:{self.line}"


def blocks(document: Path) -> Iterator[Block]:
    """All blocks of a document, in its order."""
    lines = document.read_text().splitlines()
    place = 0
    while place < len(lines):
        fence = _FENCE.match(lines[place])
        start = place
        if fence:
            place = next(number for number in range(start + 1, len(lines)) if lines[number].strip() == "```")
            yield Block(document, start + 1, fence[1], "\n".join(lines[start + 1 : place]))
        elif lines[place].startswith("    ") and (place == 0 or not lines[place - 1].strip()):
            while place < len(lines) and lines[place].startswith("    "):
                place += 1
            yield Block(document, start + 1, INDENTED, "\n".join(line[4:] for line in lines[start:place]))
        place += 1


def all_blocks() -> list[Block]:
    return [block for document in DOCUMENTS for block in blocks(document)]
