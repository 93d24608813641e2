"""One move of a sandbox's clock, and what came true on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from services.chassis.lifecycle import Lifecycle

SERVICE_ORDER = ("identity", "checkout", "subscription", "benefits", "metering", "payments", "ledger", "notifications")
"""In which facts of one instant are told."""
RUNNING = "running"
LIFECYCLE = Lifecycle("clock_advance", {"finish": {RUNNING: "finished"}})


@dataclass(frozen=True, slots=True)
class Happening:
    """A fact that came true while a clock was advanced, as the service that told it has it."""

    service: str
    position: int
    event_id: UUID
    type: str
    subject_id: UUID
    occurred_at: datetime
    """By the sandbox's clock."""


@dataclass(frozen=True, slots=True)
class ClockAdvance:
    """One advance. `created_at` and `finished_at` are by the machine's clock, the other times by the sandbox's."""

    id: UUID
    organization_id: UUID
    number: int
    """Of this organization's advances, from 1 on."""
    status: str
    from_time: datetime
    to_time: datetime
    now: datetime
    """How far it is: every service has this time, or is being told."""
    created_at: datetime
    begun: bool = False
    """Whether what was on its way before has settled; what comes true from then on happened during the advance."""
    steps: int = 0
    """Instants at which something was due."""
    waiting_for: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many facts of each type came true."""
    finished_at: datetime | None = None

    @property
    def happenings_count(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class ClockAdvanced:
    """The clock reached the target and the suite has settled."""

    advance: ClockAdvance

    @property
    def clock_id(self) -> UUID:
        """The clock as a subject of facts; its organization is another one."""
        return uuid5(NAMESPACE_OID, f"clock of {self.advance.organization_id}")


def started(advance_id: UUID, organization_id: UUID, number: int, span: tuple[datetime, datetime], at: datetime) -> ClockAdvance:
    """A new advance over a span of the sandbox's time. `at` is the machine's."""
    since, until = span
    return ClockAdvance(advance_id, organization_id, number, RUNNING, since, until, now=since, created_at=at)


def moved(advance: ClockAdvance, now: datetime, *, due: bool) -> ClockAdvance:
    """At a later instant, at which something is due or not."""
    assert advance.now <= now <= advance.to_time, "a clock moves forward, up to its target"
    return replace(advance, now=now, steps=advance.steps + due)


def settled(advance: ClockAdvance, happenings: Sequence[Happening]) -> ClockAdvance:
    """Everything so far was taken by whoever reacts to it, these among it."""
    counts = Counter(advance.counts) + Counter(happening.type for happening in happenings)
    return replace(advance, begun=True, counts=dict(sorted(counts.items())))


def finished(advance: ClockAdvance, at: datetime) -> tuple[ClockAdvance, ClockAdvanced]:
    """The end: the target is reached and nothing is due any more. `at` is the machine's."""
    assert advance.now == advance.to_time, "the target is reached"
    after = replace(advance, status=LIFECYCLE.after("finish", advance.status), finished_at=at, waiting_for=())
    return after, ClockAdvanced(after)


def order_told(happening: Happening) -> tuple[datetime, int, int]:
    """By time; facts of one instant by the order of the services and their own."""
    return happening.occurred_at, SERVICE_ORDER.index(happening.service), happening.position
