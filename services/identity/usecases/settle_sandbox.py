"""Wait until a sandbox stands still: every fact was taken by whoever reacts to it, and no service is at anything."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from uuid import UUID

from services.identity.domain.clock_advance import Happening
from services.identity.usecases.ports import MOST_CHECKED, Participants, Tell, Unsettled

_QUIET_ROUNDS = 2
"""A reaction may tell a fact between our looking for facts and our asking whether all are taken; the second look finds it."""
_SHORTEST_SECONDS, _LONGEST_SECONDS = 0.01, 0.05
_OWN = "identity"


@dataclass(slots=True)
class Known:
    """What is known of a sandbox's facts: up to which position they were listed, and which nobody is known to have taken."""

    positions: dict[str, int]
    untaken: list[Happening] = field(default_factory=list)


async def settle_sandbox(sandbox: UUID, known: Known, *, participants: Participants, tell: Tell) -> list[Happening]:
    """The facts that came true since `known`, all of them taken. `known` is brought up to date."""
    found: list[Happening] = []
    quiet, seconds, before = 0, _SHORTEST_SECONDS, -1
    while quiet < _QUIET_ROUNDS:
        fresh, (left, unsettled) = await asyncio.gather(_fresh(sandbox, known, participants), _untaken(sandbox, known, participants))
        known.untaken = left + fresh
        found += fresh
        waiting = _sentences(unsettled)
        tell("settling", waiting)
        quiet = 0 if fresh or waiting else quiet + 1
        if waiting:
            # Nobody was faster than our asking: then it is not asked more often.
            progress = bool(fresh) or len(known.untaken) != before
            seconds = _SHORTEST_SECONDS if progress else min(seconds * 1.5, _LONGEST_SECONDS)
            before = len(known.untaken)
            await asyncio.sleep(seconds)
    return found


async def _fresh(sandbox: UUID, known: Known, participants: Participants) -> list[Happening]:
    """Facts that were not listed before."""
    services = (_OWN, *participants.services)
    lists = await asyncio.gather(*(participants.list_facts(name, sandbox, known.positions.get(name, 0)) for name in services))
    for name, facts in zip(services, lists, strict=True):
        if facts:
            known.positions[name] = facts[-1].position
    return [fact for facts in lists for fact in facts]


async def _untaken(sandbox: UUID, known: Known, participants: Participants) -> tuple[list[Happening], dict[str, Unsettled]]:
    """The facts that somebody has yet to take, in whole portions, and what each service has yet to do."""
    left: list[Happening] = []
    together = {name: Unsettled(0) for name in participants.services}
    for start in range(0, max(len(known.untaken), 1), MOST_CHECKED):
        portion = known.untaken[start : start + MOST_CHECKED]
        answers = await asyncio.gather(*(participants.check_settled(name, sandbox, portion) for name in participants.services))
        for name, answer in zip(participants.services, answers, strict=True):
            together[name] = Unsettled(together[name].untaken + answer.untaken, answer.unfinished)
        if any(answer.untaken for answer in answers):
            left += portion
    return left, together


def _sentences(unsettled: dict[str, Unsettled]) -> list[str]:
    sentences = []
    for name, each in unsettled.items():
        if each.untaken:
            sentences.append(f"{name} has {each.untaken} {'fact' if each.untaken == 1 else 'facts'} to take")
        sentences += [f"{name}: {unfinished}" for unfinished in each.unfinished]
    return sentences
