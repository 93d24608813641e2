"""The authorizer's process: reads tokens from the database and nothing else of the suite."""

from __future__ import annotations

import asyncio
import logging
import signal

from prometheus_client import start_http_server

from services.chassis import logs
from services.chassis.clock import SystemClock
from services.chassis.database import Database
from services.chassis.errors import BursarError
from services.chassis.identity import EDGE_ISSUER, IdentitySigner
from services.chassis.pause import pause
from services.chassis.schema_version import pending
from services.identity.api.authorizer.anonymous import AnonymousRequests
from services.identity.api.authorizer.authorizer import Authorizer
from services.identity.api.authorizer.server import AuthorizerServer
from services.identity.api.authorizer.uses import TokenUses
from services.identity.contracts import all_methods
from services.identity.settings import IdentitySettings
from services.identity.storage.access_tokens import PresentedTokens

_log = logging.getLogger("bursar.authorizer")
_WRITE_SECONDS = 10.0
_SCHEMA_SECONDS = 0.1
_GRACE_SECONDS = 5.0
"""What checks in hand may still take: the edge itself waits for less."""


async def authorize(settings: IdentitySettings) -> None:
    """Serve until told to stop."""
    logs.configure(f"{settings.service}-authorizer")
    host, _, port = settings.metrics_address.rpartition(":")
    start_http_server(int(port), host)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    database = Database(settings.database_worker_url, name="bursar-authorizer", pool_size=settings.database_pool_size)
    await database.open()
    tokens = PresentedTokens(database)
    uses = TokenUses(tokens.record_use)
    server = AuthorizerServer(_authorizer(settings, tokens, uses))
    await server.start(settings.authorizer_address)
    try:
        await _ready(server, settings.service, database, stop)
        await _write_uses(uses, stop)
        await server.stop(drain_seconds=settings.drain_seconds, grace_seconds=_GRACE_SECONDS)
        await _write(uses)
    finally:
        await database.close()


def _authorizer(settings: IdentitySettings, tokens: PresentedTokens, uses: TokenUses) -> Authorizer:
    return Authorizer(
        find_token=tokens.find,
        uses=uses,
        signer=IdentitySigner(settings.identity_key_file, EDGE_ISSUER),
        anonymous=AnonymousRequests(all_methods()),
        clock=SystemClock(),
    )


async def _ready(server: AuthorizerServer, service: str, database: Database, stop: asyncio.Event) -> None:
    """Ready once the schema was seen, and for good: without a database, callers without tokens and tokens seen lately still pass."""
    while not stop.is_set():
        try:
            if not await pending(service, database):
                await server.set_serving(True)
                _log.info("started")
                return
        except BursarError as error:
            _log.warning("not ready", extra={"reason": error.reason})
        await pause(stop, _SCHEMA_SECONDS)


async def _write_uses(uses: TokenUses, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await _write(uses)
        await pause(stop, _WRITE_SECONDS)


async def _write(uses: TokenUses) -> None:
    try:
        await uses.write()
    except BursarError as error:
        _log.warning("uses are written later", extra={"reason": error.reason})
