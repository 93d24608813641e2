"""What the use cases need of the rooms around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.chassis.pagination import Page
from services.identity.domain.access_token import AccessToken
from services.identity.domain.clock_advance import ClockAdvance, ClockAdvanced, Happening
from services.identity.domain.organization import Organization, OrganizationFact


class Organizations(Protocol):
    """The organizations that the caller may see."""

    async def add(self, organization: Organization) -> None: ...

    async def get(self, organization_id: UUID) -> Organization | None: ...

    async def lock(self, organization_id: UUID) -> Organization | None: ...

    async def save(self, organization: Organization) -> None: ...

    async def page(self, slug: str, page: Page) -> tuple[list[Organization], str]: ...


class AccessTokens(Protocol):
    """The access tokens that the caller may see."""

    async def add(self, token: AccessToken) -> None: ...

    async def lock(self, token_id: UUID) -> AccessToken | None: ...

    async def save(self, token: AccessToken) -> None: ...

    async def page(self, organization_id: UUID, page: Page) -> tuple[list[AccessToken], str]: ...


class Publisher(Protocol):
    """Tells a fact to whoever listens, with the commit."""

    def publish(self, fact: OrganizationFact | ClockAdvanced) -> None: ...


class ClockAdvances(Protocol):
    """The clock advances that the caller may see."""

    async def add(self, advance: ClockAdvance) -> None: ...

    async def get(self, organization_id: UUID, advance_id: UUID) -> ClockAdvance | None: ...

    async def running(self, organization_id: UUID) -> ClockAdvance | None: ...

    async def count(self, organization_id: UUID) -> int: ...

    async def first_happenings(self, advance: ClockAdvance, most: int) -> list[Happening]: ...

    async def page_happenings(self, advance: ClockAdvance, page: Page) -> tuple[list[Happening], str]: ...


Tell = Callable[[str, Sequence[str]], None]
"""Says for people what is waited for, by what it concerns; nothing when nothing is any more."""


@dataclass(frozen=True, slots=True)
class Unsettled:
    """What a service has yet to do: facts to take, and what it is still at."""

    untaken: int
    unfinished: tuple[str, ...] = ()


class Participants(Protocol):
    """The services that take part when the clock of a sandbox is advanced. Any call may raise Unavailable; all may be repeated."""

    @property
    def services(self) -> tuple[str, ...]:
        """Those whose time is moved, in the order in which they do what is due."""

    async def find_due(self, service: str, sandbox: UUID, until: datetime) -> datetime | None: ...

    async def move_time(self, service: str, sandbox: UUID, now: datetime) -> None: ...

    async def run_due(self, service: str, sandbox: UUID) -> int: ...

    async def list_facts(self, service: str, sandbox: UUID, after: int) -> list[Happening]:
        """All facts of a service, or of identity itself, behind a position, in their order."""

    async def check_settled(self, service: str, sandbox: UUID, facts: Sequence[Happening]) -> Unsettled:
        """Which of the facts, at most MOST_CHECKED, the service has yet to take."""


MOST_CHECKED = 5000


class Progress(Protocol):
    """An advance that this replica is at; saving how far it is fails when another replica has taken over."""

    advance: ClockAdvance

    async def positions(self) -> dict[str, int]: ...

    async def move(self, after: ClockAdvance) -> None: ...

    async def settle(self, after: ClockAdvance, positions: Mapping[str, int], happenings: Sequence[Happening]) -> None: ...

    async def finish(self, after: ClockAdvance, fact: ClockAdvanced) -> None: ...
