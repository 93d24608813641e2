"""How every method of this service does its work: in one transaction, scoped to one organization, once for a request id."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from google.protobuf.message import Message

from services.benefits.domain.errors import LicenseKeyNotFound
from services.benefits.usecases.ports import Ports
from services.chassis.call import Call
from services.chassis.database import Database, Transaction
from services.chassis.errors import Invalid
from services.chassis.idempotency import once

M = TypeVar("M", bound=Message)


class Calls:
    """What the servicers share."""

    def __init__(self, database: Database, ports: Ports) -> None:
        self.database = database
        self.ports = ports

    async def change(
        self,
        organization_id: UUID,
        call: Call,
        request: Message,
        answer_type: type[M],
        effect: Callable[[Transaction], Awaitable[M]],
    ) -> M:
        """Have the effect, once for the request's id."""
        async with self.database.transaction(organization_id) as transaction:
            return await once(transaction, organization_id, call.method, request, answer_type, lambda: effect(transaction))


def own_organization(organization_id: str, call: Call) -> UUID:
    """The caller's organization. LicenseKeyNotFound if the request names another: nothing of that one is there for the caller."""
    if organization_id and UUID(organization_id) != call.organization_id:
        raise LicenseKeyNotFound
    return call.organization_id


def claimed_organization(organization_id: str) -> UUID:
    """The organization that a caller without a token names: its license key proves the rest."""
    if not organization_id:
        raise Invalid("FIELD_INVALID", "needed from clients without a token", field="organization_id")
    return UUID(organization_id)
