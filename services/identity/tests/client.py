"""Calls identity, and makes what most tests begin with."""

from __future__ import annotations

from typing import Any

from bursar.identity.v1.access_token_pb2 import AccessToken
from bursar.identity.v1.organization_pb2 import ORGANIZATION_MODE_SANDBOX, Organization

from services.chassis.identity import Identity
from tests.support.client import OPERATOR, Client


class IdentityClient(Client):
    """Identity's API over a connection."""

    async def organization(self, slug: str = "acme", **fields: Any) -> Organization:
        """A new organization."""
        answer: Organization = await self.call(
            "CreateOrganization", OPERATOR, **{"name": "Acme Inc.", "slug": slug, "country": "DE", **fields}
        )
        return answer

    async def sandbox(self, slug: str = "sandbox", **fields: Any) -> Organization:
        """A new sandbox."""
        return await self.organization(slug, mode=ORGANIZATION_MODE_SANDBOX, **fields)

    async def token(self, organization_id: str, caller: Identity = OPERATOR, **fields: Any) -> AccessToken:
        """A new access token of an organization."""
        answer: AccessToken = await self.call(
            "CreateAccessToken", caller, **{"organization_id": organization_id, "scopes": ["*"], **fields}
        )
        return answer
