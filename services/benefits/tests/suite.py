"""The service on a real database, without broker: facts are put in by hand, and what was published is read from the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from services.benefits.app import bind
from services.benefits.domain.benefit import Benefit
from services.benefits.events.consumed import reactions
from services.benefits.tests.builders import ORGANIZATION, START, a_draft
from services.benefits.usecases.create_benefit import Draft, create_benefit
from services.benefits.usecases.ports import Ports
from services.benefits.usecases.set_product_benefits import set_product_benefits
from services.benefits.usecases.work_off import work_off
from services.chassis.clock import ManualClock
from services.chassis.database import Database, Transaction
from services.chassis.event import Event
from services.chassis.sql import Statement

_FACTS = Statement("select type, subject_id, version, payload from outbox where type like %(type)s order by position")
_LIVE = Statement("select source_id, customer_id, benefit_id from benefit_grant where status = 'granted'")


@dataclass(frozen=True, slots=True)
class Published:
    """A row of the outbox."""

    type: str
    subject_id: UUID
    version: int
    payload: bytes


class Suite:
    """Use cases and reactions, bound as in the composition root."""

    def __init__(self, app: Database, worker: Database) -> None:
        self.app = app
        self.worker = worker
        self.clock = ManualClock(START)
        self.ports: Ports = bind(self.clock)
        self._reactions = {reaction.type: reaction for reaction in reactions(self.ports)}

    async def react(self, *events: Event[Any]) -> None:
        """Have a batch of facts taken, in one transaction, as the consumer does."""
        async with self.worker.transaction() as transaction:
            await self.react_in(transaction, *events)

    async def react_in(self, transaction: Transaction, *events: Event[Any]) -> None:
        """The same in a transaction that goes on."""
        for event_type, some in groupby(events, key=lambda event: event.type):
            await self._reactions[event_type].handle(transaction, list(some))

    async def benefit(self, draft: Draft | None = None, organization_id: UUID = ORGANIZATION) -> Benefit:
        """A new one."""
        async with self.app.transaction(organization_id) as transaction:
            return await create_benefit(transaction, organization_id, draft or a_draft(), ports=self.ports)

    async def carry(self, product_id: UUID, benefit_ids: Sequence[UUID], organization_id: UUID = ORGANIZATION) -> None:
        """Have a product carry benefits, and what follows from it done."""
        async with self.app.transaction(organization_id) as transaction:
            await self.ports.products.ensure(transaction, {product_id: organization_id})
            await set_product_benefits(transaction, organization_id, product_id, benefit_ids, ports=self.ports)
        await self.settle()

    async def settle(self) -> None:
        """Work off what edits left behind."""
        await work_off(database=self.worker, ports=self.ports)

    async def live(self) -> set[tuple[UUID, UUID]]:
        """What is granted now: (source, benefit)."""
        async with self.worker.transaction() as transaction:
            return {(row["source_id"], row["benefit_id"]) for row in await transaction.all(_LIVE)}

    async def held(self) -> set[tuple[UUID, UUID, UUID]]:
        """The same with who has it: (source, customer, benefit)."""
        async with self.worker.transaction() as transaction:
            return {(row["source_id"], row["customer_id"], row["benefit_id"]) for row in await transaction.all(_LIVE)}

    async def published(self, event_type: str = "%") -> list[Published]:
        """The facts so far, in order."""
        async with self.worker.transaction() as transaction:
            return [Published(**{**row, "payload": bytes(row["payload"])}) for row in await transaction.all(_FACTS, type=event_type)]
