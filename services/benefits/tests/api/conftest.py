"""The service behind a real gRPC server, and callers with and without tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import grpc
import pytest_asyncio
from bursar.benefits.v1 import benefit_service_pb2_grpc, grant_service_pb2_grpc, license_key_service_pb2_grpc

from services.benefits.api.convert import entitlement_to_bytes
from services.benefits.app import servicers
from services.benefits.storage.entitlements import EntitlementReader
from services.benefits.tests.builders import ORGANIZATION
from services.benefits.tests.suite import Suite
from services.benefits.usecases.check_entitlement import CheckEntitlement
from services.chassis.identity import METADATA_KEY, CallerKind, Identity, IdentitySigner
from services.chassis.ids import new_id
from services.chassis.server import Server
from services.chassis.status import from_rpc_error
from services.chassis.tests.keys import signers


@dataclass
class FakeCatalog:
    """Products as `checkout` would know them."""

    products: set[tuple[UUID, UUID]] = field(default_factory=set)
    asked: int = 0

    async def has_product(self, organization_id: UUID, product_id: UUID) -> bool:
        self.asked += 1
        return (organization_id, product_id) in self.products


class Refused(Exception):
    """An error as its caller reads it."""

    def __init__(self, error: grpc.aio.AioRpcError) -> None:
        told = from_rpc_error(error)
        self.code, self.reason = error.code(), told.reason
        self.fields = [violation.field for violation in told.violations]
        super().__init__(f"{self.code} {self.reason} {self.fields} {error.details()}")


class Caller:
    """Calls methods by name, with a deadline and an identity, or without one."""

    def __init__(self, channel: grpc.aio.Channel, identity: str | None) -> None:
        self._metadata = [(METADATA_KEY, identity)] if identity else []
        self._stubs: list[Any] = [
            benefit_service_pb2_grpc.BenefitServiceStub(channel),
            grant_service_pb2_grpc.GrantServiceStub(channel),
            license_key_service_pb2_grpc.LicenseKeyServiceStub(channel),
            license_key_service_pb2_grpc.LicenseKeyClientServiceStub(channel),
        ]

    async def call(self, method: str, request: Any) -> Any:
        send = next(getattr(stub, method) for stub in self._stubs if hasattr(stub, method))
        try:
            return await send(request, timeout=10, metadata=self._metadata)
        except grpc.aio.AioRpcError as error:
            raise Refused(error) from None


@dataclass
class Api:
    """The running service."""

    suite: Suite
    catalog: FakeCatalog
    check: CheckEntitlement[bytes]
    signer: IdentitySigner
    channel: grpc.aio.Channel
    live: list[bool]

    def caller(self, organization_id: UUID = ORGANIZATION, scopes: str = "*") -> Caller:
        identity = Identity(CallerKind.ORGANIZATION, "token", organization_id, frozenset(scopes.split()))
        return Caller(self.channel, self.signer.sign(identity))

    def anybody(self) -> Caller:
        return Caller(self.channel, None)

    def product(self, organization_id: UUID = ORGANIZATION) -> UUID:
        product_id = new_id()
        self.catalog.products.add((organization_id, product_id))
        return product_id


@pytest_asyncio.fixture
async def api(suite: Suite, tmp_path: Path) -> AsyncIterator[Api]:
    made, verifier = signers(tmp_path, ["identity"])
    catalog, live = FakeCatalog(), [True]
    check = CheckEntitlement(read=EntitlementReader(suite.worker), to_answer=entitlement_to_bytes, is_live=lambda: live[0])
    server = Server(verifier, service="benefits")
    for descriptor, servicer in servicers(suite.app, suite.ports, catalog, check):
        server.add(descriptor, servicer)
    port = await server.start("127.0.0.1:0")
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Api(suite, catalog, check, made["identity"], channel, live)
    await server.stop(drain_seconds=0, grace_seconds=1)
