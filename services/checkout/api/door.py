"""How the servicers reach the use cases: one transaction a call, and each request id has its effect once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar
from uuid import UUID

from google.protobuf.message import Message

from services.chassis.database import Database, Transaction
from services.chassis.idempotency import once
from services.checkout.api.rooms import PagedStore
from services.checkout.domain.errors import OrganizationNotKnown
from services.checkout.usecases.learn_organization import learn_organization
from services.checkout.usecases.outside_ports import OrganizationDirectory

M = TypeVar("M", bound=Message)
T = TypeVar("T")


class Door:
    """Opens transactions for one organization."""

    def __init__(self, database: Database, store_of: Callable[[Transaction], PagedStore], directory: OrganizationDirectory) -> None:
        self._database = database
        self._store_of = store_of
        self._directory = directory

    @asynccontextmanager
    async def open(self, organization_id: UUID | None) -> AsyncIterator[PagedStore]:
        """A transaction over the rows of one organization."""
        async with self._database.transaction(organization_id) as transaction:
            yield self._store_of(transaction)

    async def read(self, organization_id: UUID, work: Callable[[PagedStore], Awaitable[T]]) -> T:
        """Do `work`, which changes nothing."""
        async with self.open(organization_id) as store:
            return await work(store)

    async def write(
        self, organization_id: UUID, method: str, request: Message, answer: type[M], effect: Callable[[PagedStore], Awaitable[M]]
    ) -> M:
        """Have the effect once for the request's id; its repetitions get the first answer."""

        async def attempt() -> M:
            async with self._database.transaction(organization_id) as transaction:
                store = self._store_of(transaction)
                return await once(transaction, organization_id, method, request, answer, lambda: effect(store))

        return await self.knowing(organization_id, attempt)

    async def knowing(self, organization_id: UUID, attempt: Callable[[], Awaitable[T]]) -> T:
        """Do it, and once more with a copy of the organization if there was none."""
        try:
            return await attempt()
        except OrganizationNotKnown:
            await learn_organization(organization_id, open_store=self.open, directory=self._directory)
            return await attempt()
