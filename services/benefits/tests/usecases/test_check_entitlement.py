"""What is remembered, and when it is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.benefits.domain.entitlement import Entitlement
from services.benefits.usecases.check_entitlement import LONGEST_SECONDS, CheckEntitlement
from services.chassis.ids import new_id, new_sandbox_id

ORGANIZATION, CUSTOMER, BENEFIT = new_id(), str(new_id()), str(new_id())
SANDBOX = new_sandbox_id(datetime(2026, 3, 1, tzinfo=UTC))


@dataclass
class World:
    """A database that counts questions, a clock, and facts that arrive or do not."""

    entitlement: Entitlement | None = None
    asked: list[UUID | str] = field(default_factory=list)
    live: bool = True
    seconds: float = 1_000_000.0
    hold: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.hold.set()
        self.check = CheckEntitlement(
            read=self.read, to_answer=lambda found: found is not None, is_live=lambda: self.live, now=lambda: self.seconds
        )

    async def read(self, organization_id: UUID, customer: UUID | str, benefit_id: UUID) -> Entitlement | None:
        self.asked.append(customer)
        answer = self.entitlement
        await self.hold.wait()
        return answer

    async def ask(self, customer: str = CUSTOMER, is_external: bool = False, organization_id: UUID = ORGANIZATION) -> bool:
        return await self.check(organization_id, customer, is_external, BENEFIT)


def a_yes(until: datetime | None = None) -> Entitlement:
    return Entitlement(new_id(), until, {})


async def test_yes_and_no_are_asked_for_once() -> None:
    world = World()
    assert [await world.ask() for _ in range(3)] == [False] * 3
    world.entitlement = a_yes()
    assert [await world.ask("c-1", True) for _ in range(3)] == [True] * 3
    assert world.asked == [UUID(CUSTOMER), "c-1"]


async def test_nothing_is_remembered_of_a_sandbox_whose_time_may_jump() -> None:
    world = World(entitlement=a_yes())
    assert await world.ask(organization_id=SANDBOX)
    world.entitlement = None
    assert not await world.ask(organization_id=SANDBOX)


async def test_a_grant_s_fact_has_both_ids_forgotten() -> None:
    world = World()
    assert not await world.ask()
    assert not await world.ask("c-1", True)
    world.entitlement = a_yes()
    world.check.forget_customer(ORGANIZATION, CUSTOMER, "c-1")
    assert await world.ask()
    assert await world.ask("c-1", True)


async def test_other_customers_and_organizations_are_not_forgotten() -> None:
    world = World()
    other = new_id()
    await world.ask()
    await world.ask(organization_id=other)
    world.check.forget_customer(ORGANIZATION, str(new_id()), None)
    world.check.forget_organization(other)
    await world.ask()
    assert len(world.asked) == 2
    await world.ask(organization_id=other)
    assert len(world.asked) == 3


async def test_an_answer_that_was_overtaken_by_a_fact_is_not_kept() -> None:
    world = World()
    world.hold.clear()
    slow = asyncio.create_task(world.ask())
    await asyncio.sleep(0)
    world.entitlement = a_yes()
    world.check.forget_customer(ORGANIZATION, CUSTOMER, None)
    world.hold.set()
    assert not await slow
    assert await world.ask()


async def test_the_same_for_an_edit_of_the_benefit_and_for_a_gap() -> None:
    world = World()
    edits: list[Callable[[], None]] = [lambda: world.check.forget_organization(ORGANIZATION), world.check.forget_all]
    for forget in edits:
        world.entitlement = None
        world.check.forget_all()
        world.hold.clear()
        slow = asyncio.create_task(world.ask())
        await asyncio.sleep(0)
        world.entitlement = a_yes()
        forget()
        world.hold.set()
        assert not await slow
        assert await world.ask()


async def test_nothing_is_remembered_while_facts_do_not_arrive() -> None:
    world = World(live=False)
    assert not await world.ask()
    world.entitlement = a_yes()
    assert await world.ask()
    world.live = True
    assert await world.ask()
    world.live = False
    world.entitlement = None
    assert not await world.ask()


async def test_nothing_is_believed_for_long() -> None:
    world = World()
    assert not await world.ask()
    world.entitlement = a_yes()
    world.seconds += LONGEST_SECONDS - 0.1
    assert not await world.ask()
    world.seconds += 0.2
    assert await world.ask()


async def test_a_yes_is_looked_at_again_when_it_ends() -> None:
    world = World()
    world.entitlement = a_yes(datetime.fromtimestamp(world.seconds, UTC) + timedelta(seconds=5))
    assert await world.ask()
    world.entitlement = None
    world.seconds += 4.9
    assert await world.ask()
    world.seconds += 0.2
    assert not await world.ask()


async def test_memory_is_bounded() -> None:
    world = World()
    for number in range(50_010):
        await world.ask(f"c-{number}", True)
    await world.ask("c-50009", True)
    assert len(world.asked) == 50_010
    await world.ask("c-0", True)
    assert len(world.asked) == 50_011
