"""The authorizer as the edge meets it: over a connection, with a real database behind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.chassis.clock import ManualClock
from services.chassis.database import Database
from services.chassis.identity import CallerKind, IdentitySigner, IdentityVerifier
from services.identity.api.authorizer.anonymous import AnonymousRequests
from services.identity.api.authorizer.authorizer import REMEMBERED_SECONDS, Authorizer
from services.identity.api.authorizer.server import AuthorizerServer
from services.identity.api.authorizer.uses import TokenUses
from services.identity.contracts import all_methods
from services.identity.storage.access_tokens import PresentedTokens, StoredAccessTokens
from services.identity.storage.organizations import StoredOrganizations
from services.identity.tests.authorizer.fakes import Seconds, identity_in, is_denied, request
from services.identity.tests.builders import NOW, a_token, an_organization
from tests.support.databases import ServiceDatabase

Check = Callable[[bytes], Awaitable[bytes]]


class Edge:
    """Asks as Envoy does."""

    def __init__(self, channel: grpc.aio.Channel, server: AuthorizerServer, uses: TokenUses, seconds: Seconds) -> None:
        self.channel, self.server, self.uses, self.seconds = channel, server, uses, seconds
        self._send: Any = channel.unary_unary("/envoy.service.auth.v3.Authorization/Check", bytes, bytes)

    async def check(self, **fields: str) -> bytes:
        answer: bytes = await self._send(request(**fields), timeout=5)
        return answer


@pytest_asyncio.fixture
async def edge(database: ServiceDatabase, signer: IdentitySigner, clock: ManualClock) -> AsyncIterator[Edge]:
    tokens, seconds = PresentedTokens(database.worker), Seconds()
    uses = TokenUses(tokens.record_use)
    anonymous = AnonymousRequests(all_methods())
    authorizer = Authorizer(find_token=tokens.find, uses=uses, signer=signer, anonymous=anonymous, clock=clock, seconds=seconds)
    server = AuthorizerServer(authorizer)
    port = await server.start("127.0.0.1:0")
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Edge(channel, server, uses, seconds)
    await server.stop(drain_seconds=0, grace_seconds=0.1)


async def store(database: Database, **fields: object) -> tuple[str, str]:
    """The id and the text of a new token of a new organization."""
    organization = an_organization()
    token, text = a_token(organization.id, **fields)  # type: ignore[arg-type]
    async with database.transaction() as transaction:
        await StoredOrganizations(transaction).add(organization)
        await StoredAccessTokens(transaction).add(token)
    return str(token.id), text


async def test_a_stored_token_passes_and_its_last_use_is_written_behind(
    edge: Edge, database: ServiceDatabase, tmp_path: Path, clock: ManualClock
) -> None:
    token_id, text = await store(database.worker, scopes=("orders:read",))
    verifier = IdentityVerifier.from_file(tmp_path / "trust.json")
    caller = verifier.verify(identity_in(await edge.check(authorization=f"Bearer {text}")))
    assert (caller.kind, caller.actor, caller.scopes) == (CallerKind.ORGANIZATION, token_id, frozenset({"orders:read"}))
    await edge.uses.write()
    assert await last_use(database) == [NOW.replace(minute=0)]
    clock.advance(timedelta(hours=1))
    edge.seconds.now += REMEMBERED_SECONDS
    await edge.check(authorization=f"Bearer {text}")
    await edge.uses.write()
    assert await last_use(database) == [NOW.replace(hour=13, minute=0)]


async def last_use(database: ServiceDatabase) -> list[object]:
    async with database.worker.connection() as connection:
        return [row["last_used_at"] for row in await (await connection.execute("select last_used_at from access_token")).fetchall()]


async def test_uses_wait_while_the_database_is_away_and_never_go_back(database: ServiceDatabase) -> None:
    await store(database.worker)
    tokens = PresentedTokens(database.worker)
    async with database.worker.connection() as connection:
        row = await (await connection.execute("select id from access_token")).fetchone()
    assert row is not None
    await tokens.record_use({row["id"]: NOW})
    await tokens.record_use({row["id"]: NOW - timedelta(hours=2)})
    assert await last_use(database) == [NOW]


async def test_a_revoked_token_stops_passing(edge: Edge, database: ServiceDatabase) -> None:
    _, text = await store(database.worker)
    identity_in(await edge.check(authorization=f"Bearer {text}"))
    async with database.worker.connection() as connection:
        await connection.execute("update access_token set revoked_at = now()")
    edge.seconds.now += REMEMBERED_SECONDS
    assert is_denied(await edge.check(authorization=f"Bearer {text}"))


async def test_without_a_database_the_check_fails_as_unavailable(edge: Edge, database: ServiceDatabase) -> None:
    _, text = await store(database.worker)
    await database.worker.close()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await edge.check(authorization=f"Bearer {text}")
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    identity_in(await edge.check(method="POST", path="/stripe/webhooks"))


async def test_it_tells_its_own_health(edge: Edge) -> None:
    health = health_pb2_grpc.HealthStub(edge.channel)
    answers = []
    for serving in (False, True):
        await edge.server.set_serving(serving)
        answers.append((await health.Check(health_pb2.HealthCheckRequest(), timeout=5)).status)
    assert answers == [health_pb2.HealthCheckResponse.NOT_SERVING, health_pb2.HealthCheckResponse.SERVING]
