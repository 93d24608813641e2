"""Whose rows a call works on: an operator sees all organizations, a token its own."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from uuid import UUID

from services.chassis.call import Call
from services.chassis.database import Database, Transaction
from services.chassis.idempotency import NO_ORGANIZATION
from services.chassis.ids import parse_id
from services.identity.domain.errors import OrganizationNeeded, OrganizationNotFound


@dataclass(frozen=True, slots=True)
class Callers:
    """The two doors of the database."""

    own: Database
    """The application role: row-level security shows one organization."""
    every: Database
    """The worker role, for operators only."""

    def transaction(self, call: Call) -> AbstractAsyncContextManager[Transaction]:
        """A transaction that sees what the caller may see."""
        return self.every.transaction() if call.is_operator else self.own.transaction(call.organization_id)

    def request_scope(self, call: Call) -> UUID:
        """In which the caller's request ids are unique."""
        return NO_ORGANIZATION if call.is_operator else call.organization_id


def organization_meant(call: Call, named: str) -> UUID:
    """The organization that a call is about: the caller's, or the one that an operator names. `named` may be empty."""
    if call.is_operator:
        if not named:
            raise OrganizationNeeded
        return parse_id(named, "organization_id")
    own = call.organization_id
    if named and parse_id(named, "organization_id") != own:
        raise OrganizationNotFound(parse_id(named, "organization_id"))
    return own
