"""A suite in memory that takes part in advancing a clock: services with due work, facts, and reactions that take a while."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import NAMESPACE_OID, UUID, uuid5

from services.chassis.errors import Unavailable
from services.identity.domain.clock_advance import ClockAdvance, ClockAdvanced, Happening
from services.identity.usecases.ports import Unsettled


class Killed(Exception):
    """As if the process had ended here."""


@dataclass(slots=True)
class FakeService:
    """`due` is what it has to do when; doing it tells facts of these types."""

    now: datetime
    due: list[tuple[datetime, str]] = field(default_factory=list)
    every: tuple[datetime, timedelta, str] | None = None
    """Something that comes again and again: first when, how often, and what it tells."""
    reacts: Mapping[str, str] = field(default_factory=dict)
    """Type of a fact that is taken, and the type of what is told then; empty for nothing."""
    facts: list[Happening] = field(default_factory=list)
    taken: list[UUID] = field(default_factory=list)
    slowness: int = 1
    """How often one has to ask before it takes what it can take."""
    asked: int = 0
    unfinished: tuple[str, ...] = ()


class FakeSuite:
    """Participants. `stop_at` kills whoever makes that call, after it had its effect."""

    def __init__(self, services: Mapping[str, FakeService]) -> None:
        self.members = dict(services)
        self.calls: list[str] = []
        self.stop_at = 0
        self.away: dict[str, int] = {}
        """How many more calls of a service fail."""
        self.on_move: Callable[[datetime], None] = lambda now: None

    @property
    def services(self) -> tuple[str, ...]:
        return tuple(name for name in self.members if name != "identity")

    async def find_due(self, service: str, sandbox: UUID, until: datetime) -> datetime | None:
        self._called(f"find {service}")
        return min((at for at, _ in self._due(self.members[service], until)), default=None)

    async def move_time(self, service: str, sandbox: UUID, now: datetime) -> None:
        member = self.members[service]
        member.now = max(member.now, now)
        self.on_move(now)
        self._called(f"move {service} {now:%m-%d}")

    async def run_due(self, service: str, sandbox: UUID) -> int:
        member = self.members[service]
        due = sorted(self._due(member, member.now))
        for at, type in due:
            self.tell(service, type)
            if (at, type) in member.due:
                member.due.remove((at, type))
            elif member.every is not None:
                first, often, told = member.every
                member.every = (first + often, often, told)
        self._called(f"run {service} {member.now:%m-%d}")
        return len(due)

    async def list_facts(self, service: str, sandbox: UUID, after: int) -> list[Happening]:
        self._called(f"list {service}")
        return [fact for fact in self.members[service].facts if fact.position > after] if service in self.members else []

    async def check_settled(self, service: str, sandbox: UUID, facts: Sequence[Happening]) -> Unsettled:
        member = self.members[service]
        mine = [fact for fact in facts if fact.type in member.reacts and fact.event_id not in member.taken]
        member.asked += bool(mine)
        if mine and member.asked % (member.slowness + 1) == 0:
            self._take(service, mine)
        self._called(f"check {service}")
        return Unsettled(len(mine), member.unfinished)

    def tell(self, service: str, type: str) -> None:
        """A fact comes true."""
        member = self.members[service]
        position = len(member.facts) + 1
        event_id = uuid5(NAMESPACE_OID, f"{service} {position}")
        member.facts.append(Happening(service, position, event_id, type, event_id, member.now))

    def _take(self, service: str, facts: Sequence[Happening]) -> None:
        member = self.members[service]
        for fact in facts:
            member.taken.append(fact.event_id)
            if member.reacts[fact.type]:
                self.tell(service, member.reacts[fact.type])

    def _due(self, member: FakeService, until: datetime) -> list[tuple[datetime, str]]:
        due = [each for each in member.due if each[0] <= until]
        if member.every is not None:
            at, often, told = member.every
            while at <= until:
                due.append((at, told))
                at += often
        return due

    def _called(self, call: str) -> None:
        service = call.split()[1]
        if self.away.get(service, 0) > 0:
            self.away[service] -= 1
            raise Unavailable("PEER_FAILED", "connection refused")
        self.calls.append(call)
        if len(self.calls) == self.stop_at:
            raise Killed(call)


class KeptProgress:
    """What a database would keep of an advance."""

    def __init__(self, advance: ClockAdvance) -> None:
        self.advance = advance
        self.kept: dict[str, int] = {}
        self.happenings: list[Happening] = []
        self.told: list[ClockAdvanced] = []

    async def positions(self) -> dict[str, int]:
        return dict(self.kept)

    async def move(self, after: ClockAdvance) -> None:
        self.advance = after

    async def settle(self, after: ClockAdvance, positions: Mapping[str, int], happenings: Sequence[Happening]) -> None:
        self.advance = replace(after)
        self.kept |= positions
        self.happenings += happenings

    async def finish(self, after: ClockAdvance, fact: ClockAdvanced) -> None:
        self.advance = after
        self.told.append(fact)
