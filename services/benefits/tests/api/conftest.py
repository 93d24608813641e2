"""The service behind a real gRPC server, and callers with and without tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest_asyncio
from google.protobuf.message import Message

from services.benefits.api.convert import entitlement_to_bytes
from services.benefits.app import servicers
from services.benefits.storage.entitlements import EntitlementReader
from services.benefits.tests.builders import ORGANIZATION
from services.benefits.tests.suite import Suite
from services.benefits.usecases.check_entitlement import CheckEntitlement
from services.chassis.identity import Identity
from services.chassis.ids import new_id
from tests.support.client import Client, member, serving


@dataclass
class FakeCatalog:
    """Products as `checkout` would know them."""

    products: set[tuple[UUID, UUID]] = field(default_factory=set)
    asked: int = 0

    async def has_product(self, organization_id: UUID, product_id: UUID) -> bool:
        self.asked += 1
        return (organization_id, product_id) in self.products


@dataclass(frozen=True)
class By:
    """Calls methods with an identity, or without one."""

    client: Client
    identity: Identity | None

    async def call(self, method: str, request: Message) -> Any:
        return await self.client.call(method, self.identity, request)


@dataclass
class Api:
    """The running service."""

    suite: Suite
    catalog: FakeCatalog
    check: CheckEntitlement[bytes]
    client: Client
    live: list[bool]

    def caller(self, organization_id: UUID = ORGANIZATION, scopes: str = "*") -> By:
        return By(self.client, member(organization_id, *scopes.split()))

    def anybody(self) -> By:
        return By(self.client, None)

    def product(self, organization_id: UUID = ORGANIZATION) -> UUID:
        product_id = new_id()
        self.catalog.products.add((organization_id, product_id))
        return product_id


@pytest_asyncio.fixture
async def api(suite: Suite, tmp_path: Path) -> AsyncIterator[Api]:
    catalog, live = FakeCatalog(), [True]
    check = CheckEntitlement(read=EntitlementReader(suite.worker), to_answer=entitlement_to_bytes, is_live=lambda: live[0])
    async with serving("benefits", servicers(suite.app, suite.ports, catalog, check), tmp_path, client=Client) as client:
        yield Api(suite, catalog, check, client, live)
