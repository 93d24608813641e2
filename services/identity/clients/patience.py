"""A service that is away or refuses holds an advance up, and does not end it: the same is asked again until it is answered."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from services.chassis.errors import BursarError
from services.identity.domain.clock_advance import Happening
from services.identity.usecases.ports import Participants, Tell, Unsettled

_SHORTEST_SECONDS, _LONGEST_SECONDS = 0.05, 1.0
_log = logging.getLogger("bursar.clock")

T = TypeVar("T")


class PatientParticipants:
    """The participants, with all the time that it takes. `tell` says whom one waits for."""

    def __init__(self, participants: Participants, tell: Tell) -> None:
        self.services = participants.services
        self._participants = participants
        self._tell = tell

    async def find_due(self, service: str, sandbox: UUID, until: datetime) -> datetime | None:
        return await self._answer(service, lambda: self._participants.find_due(service, sandbox, until))

    async def move_time(self, service: str, sandbox: UUID, now: datetime) -> None:
        await self._answer(service, lambda: self._participants.move_time(service, sandbox, now))

    async def run_due(self, service: str, sandbox: UUID) -> int:
        return await self._answer(service, lambda: self._participants.run_due(service, sandbox))

    async def list_facts(self, service: str, sandbox: UUID, after: int) -> list[Happening]:
        return await self._answer(service, lambda: self._participants.list_facts(service, sandbox, after))

    async def check_settled(self, service: str, sandbox: UUID, facts: Sequence[Happening]) -> Unsettled:
        return await self._answer(service, lambda: self._participants.check_settled(service, sandbox, facts))

    async def _answer(self, service: str, ask: Callable[[], Awaitable[T]]) -> T:
        seconds = _SHORTEST_SECONDS
        while True:
            try:
                answer = await ask()
            except BursarError as error:
                _log.warning("a clock waits for a service", extra={"where": service, "reason": error.reason})
                self._tell(service, [f"{service}: {error.message or error.reason}"])
                await asyncio.sleep(seconds * random.uniform(0.5, 1.0))
                seconds = min(seconds * 2, _LONGEST_SECONDS)
            else:
                if seconds > _SHORTEST_SECONDS:
                    self._tell(service, [])
                return answer
