"""The state file: one JSON line per commit, appended before the answer leaves, so that `kill -9` loses nothing answered.

A line is a list of `[account, kind, id, object or null, hidden or null]`; null deletes. The file is rewritten without its
history at each start. A half-written last line belongs to an answer that was never sent, and is dropped.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson

from deploy.stripe_simulator.jsons import dump

Record = tuple[str, str, str, bytes | None, bytes]


class Journal:
    """Append-only file; without a path the state lives in memory alone."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._descriptor = -1
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)

    def replay(self) -> Iterator[Record]:
        if self._path is None or not self._path.exists():
            return
        with self._path.open("rb") as lines:
            for line in lines:
                if line.endswith(b"\n"):
                    yield from _records(line)

    def rewrite(self, records: Iterable[Record]) -> None:
        """Replace the file by these records and go on appending to it."""
        if self._path is None:
            return
        self.close()
        fresh = self._path.with_suffix(self._path.suffix + ".new")
        with fresh.open("wb") as file:
            file.writelines(_line([record]) for record in records)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND)

    def append(self, records: Iterable[Record]) -> None:
        """One write: the kernel has it when this returns, which outlives the process but not a power cut."""
        if self._descriptor < 0:
            return
        line = memoryview(_line(records))
        while line:
            line = line[os.write(self._descriptor, line) :]

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _line(records: Iterable[Record]) -> bytes:
    return dump([[*names, _embedded(body), _embedded(hidden)] for *names, body, hidden in records]) + b"\n"


def _embedded(body: bytes | None) -> orjson.Fragment | None:
    return orjson.Fragment(body) if body else None


def _records(line: bytes) -> Iterator[Record]:
    for account, kind, object_id, body, hidden in orjson.loads(line):
        yield account, kind, object_id, None if body is None else dump(body), dump(hidden) if hidden else b""
