"""What the use cases need of the rooms around them."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from services.chassis.pagination import Page
from services.identity.domain.access_token import AccessToken
from services.identity.domain.organization import Organization, OrganizationFact


class Organizations(Protocol):
    """The organizations that the caller may see."""

    async def add(self, organization: Organization) -> None: ...

    async def get(self, organization_id: UUID) -> Organization | None: ...

    async def lock(self, organization_id: UUID) -> Organization | None: ...

    async def save(self, organization: Organization) -> None: ...

    async def page(self, page: Page) -> tuple[list[Organization], str]: ...


class AccessTokens(Protocol):
    """The access tokens that the caller may see."""

    async def add(self, token: AccessToken) -> None: ...

    async def lock(self, token_id: UUID) -> AccessToken | None: ...

    async def save(self, token: AccessToken) -> None: ...

    async def page(self, organization_id: UUID, page: Page) -> tuple[list[AccessToken], str]: ...


class Publisher(Protocol):
    """Tells a fact to whoever listens, with the commit."""

    def publish(self, fact: OrganizationFact) -> None: ...
