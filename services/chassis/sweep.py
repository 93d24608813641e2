"""Work on rows that are due, which goes on when one of them cannot be done: to a sweep what parking is to a consumer.

A batch is one transaction. If it raises it is tried again in halves; a row that raises alone is put aside for some minutes, logged and
counted, and the others go on. What is only interrupted – the database away, somebody else at the same rows – is raised as it is.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar
from uuid import UUID

import psycopg
from prometheus_client import Counter

from services.chassis.errors import BursarError

ASIDE_SECONDS = 600.0
_MOST_ASIDE = 1000
_PUT_ASIDE = Counter("bursar_sweep_put_aside_total", "Due rows that could not be done and were left out for a while.", ("sweep",))
_log = logging.getLogger("bursar.sweep")


class Due(Protocol):
    """What is due."""

    @property
    def id(self) -> UUID: ...


S = TypeVar("S")
D = TypeVar("D", bound=Due)


class Sweep:
    """The memory of one sweep in one process: whom it leaves out, and until when."""

    def __init__(self, name: str, *, aside_seconds: float = ASIDE_SECONDS, now: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._aside_seconds = aside_seconds
        self._now = now
        self._aside: dict[UUID, float] = {}
        self._put_aside_total = _PUT_ASIDE.labels(name)

    @property
    def aside(self) -> list[UUID]:
        """Who is left out at present."""
        now = self._now()
        self._aside = {each: until for each, until in self._aside.items() if until > now}
        return list(self._aside)

    async def run(
        self,
        opened: Callable[[], AbstractAsyncContextManager[S]],
        find: Callable[[S, int, Sequence[UUID]], Awaitable[Sequence[D]]],
        do: Callable[[S, Sequence[D]], Awaitable[None]],
        *,
        batch: int,
    ) -> int:
        """Do all that is due; how many rows there were. `opened` is a transaction; `find` locks at most so many rows but these ids."""
        total, size = 0, batch
        while True:
            due: Sequence[D] = ()
            try:
                async with opened() as store:
                    due = await find(store, size, self.aside)
                    if due:
                        await do(store, due)
            except (BursarError, psycopg.OperationalError):
                raise
            except Exception as error:
                if len(due) > 1:
                    size = len(due) // 2
                    continue
                if not due or len(self._aside) >= _MOST_ASIDE:
                    raise
                self._put_aside(due[0].id, error)
                continue
            if not due:
                return total
            total += len(due)
            size = min(batch, size * 2)

    def _put_aside(self, row_id: UUID, error: Exception) -> None:
        self._aside[row_id] = self._now() + self._aside_seconds
        self._put_aside_total.inc()
        _log.error("put aside", extra={"where": self._name, "id": str(row_id), "reason": str(error)}, exc_info=error)
