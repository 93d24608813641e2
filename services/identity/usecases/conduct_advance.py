"""Carry out an advance: from one instant at which something is due to the next, through the real services, up to the target.

The loop may be stopped anywhere and begun anew, by this replica or another: how far it is was saved before each move, every call may be
repeated, and facts are looked at again from where all were settled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from services.identity.domain import clock_advance as rules
from services.identity.usecases.ports import Participants, Progress, Tell
from services.identity.usecases.settle_sandbox import Known, settle_sandbox

_AHEAD = 2
"""The first services of the order do what is due one after the other, with all reactions in between: orders are settled before
subscriptions are renewed. The others know nothing of each other's due work."""
_STUCK_SECONDS = 0.5


async def conduct_advance(progress: Progress, *, participants: Participants, machine_now: Callable[[], datetime], tell: Tell) -> None:
    """Returns when it is finished. The errors of `progress` pass through."""
    conducting = _Conducting(progress, Known(await progress.positions()), participants, tell)
    if progress.advance.begun:
        await conducting.move_all()
    await conducting.settle()
    while True:
        due = await conducting.next_due()
        if due is None and progress.advance.now == progress.advance.to_time:
            break
        await conducting.step(due)
        await conducting.settle()
    await progress.finish(*rules.finished(progress.advance, machine_now()))


class _Conducting:
    """One run of the loop."""

    def __init__(self, progress: Progress, known: Known, participants: Participants, tell: Tell) -> None:
        self._progress = progress
        self._known = known
        self._participants = participants
        self._tell = tell
        self._sandbox = progress.advance.organization_id

    async def settle(self) -> None:
        """Let everything come to rest, and keep what came true."""
        saved = dict(self._known.positions)
        found = await settle_sandbox(self._sandbox, self._known, participants=self._participants, tell=self._tell)
        advance = self._progress.advance
        if found or not advance.begun:
            # What was still on its way when the advance began did not happen during it.
            happenings = sorted(found, key=rules.order_told) if advance.begun else []
            changed = {name: position for name, position in self._known.positions.items() if saved.get(name) != position}
            await self._progress.settle(rules.settled(advance, happenings), changed, happenings)

    async def next_due(self) -> datetime | None:
        """The earliest instant up to the target at which a service has something to do."""
        names, until = self._participants.services, self._progress.advance.to_time
        answers = await asyncio.gather(*(self._participants.find_due(name, self._sandbox, until) for name in names))
        return min((answer for answer in answers if answer is not None), default=None)

    async def step(self, due: datetime | None) -> None:
        """Go to where something is due and have it done; to the target if nothing is."""
        advance = self._progress.advance
        to = advance.to_time if due is None else max(due, advance.now)
        if to > advance.now:
            await self._progress.move(rules.moved(advance, to, due=due is not None))
            await self.move_all()
        stuck = due is not None and not await self._run_due() and to == advance.now
        self._tell("due", [f"something has been due since {due}, and nobody did it"] if stuck else [])
        if stuck:
            await asyncio.sleep(_STUCK_SECONDS)

    async def move_all(self) -> None:
        """All services have the time before any does what is due."""
        now = self._progress.advance.now
        await asyncio.gather(*(self._participants.move_time(name, self._sandbox, now) for name in self._participants.services))

    async def _run_due(self) -> int:
        """How many things were done."""
        names, total = self._participants.services, 0
        for name in names[:_AHEAD]:
            done = await self._participants.run_due(name, self._sandbox)
            if done:
                await self.settle()
            total += done
        return total + sum(await asyncio.gather(*(self._participants.run_due(name, self._sandbox) for name in names[_AHEAD:])))
