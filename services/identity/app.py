"""Composition root of identity: the only file that knows every room."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from bursar.identity.v1 import access_token_service_pb2, clock_service_pb2, organization_service_pb2

from services.chassis.run import Parts, Service, command_line
from services.identity.api.access_token_service import AccessTokenServicer
from services.identity.api.callers import Callers
from services.identity.api.clock_service import ClockServicer
from services.identity.api.organization_service import OrganizationServicer
from services.identity.api.rooms import Rooms
from services.identity.api.sealing import Seal
from services.identity.authorize import authorize
from services.identity.bootstrap import bootstrap
from services.identity.clients.clockwork import ClockworkPeers
from services.identity.conductor import Conductor
from services.identity.contracts import known_scopes
from services.identity.events.published import OutboxPublisher
from services.identity.settings import IdentitySettings
from services.identity.storage.access_tokens import StoredAccessTokens
from services.identity.storage.clock_advances import StoredClockAdvances
from services.identity.storage.leased_advances import claim
from services.identity.storage.organizations import StoredOrganizations

ROOMS = Rooms(organizations=StoredOrganizations, tokens=StoredAccessTokens, advances=StoredClockAdvances, publisher=OutboxPublisher)


async def compose(parts: Parts) -> Service:
    """The service's servicers, and the conductor of clocks; it reacts to nothing."""
    callers = Callers(own=parts.database, every=parts.worker_database)
    organizations = OrganizationServicer(callers=callers, rooms=ROOMS, clock=parts.organization_clock)
    seal = Seal.from_file(parts.settings.identity_key_file)
    tokens = AccessTokenServicer(callers=callers, rooms=ROOMS, seal=seal, known_scopes=known_scopes(), clock=parts.clock)
    participants = ClockworkPeers(parts.peers, tuple(parts.settings.peers), parts.worker_database)
    conductor = Conductor(partial(claim, parts.worker_database, OutboxPublisher), participants, parts.clock.now)
    clocks = ClockServicer(callers=callers, rooms=ROOMS, clock=parts.organization_clock, wake=conductor.wake, stopping=conductor.stopping)
    return Service(
        servicers=(
            (clock_service_pb2.DESCRIPTOR.services_by_name["ClockService"], clocks),
            (organization_service_pb2.DESCRIPTOR.services_by_name["OrganizationService"], organizations),
            (access_token_service_pb2.DESCRIPTOR.services_by_name["AccessTokenService"], tokens),
        ),
        tasks=(conductor.run,),
    )


_own = typer.Typer()
_TokenFile = Annotated[Path | None, typer.Option(help="Keep the token here, and print the kept one while it is good.")]


@_own.command(name="authorize")
def _authorize() -> None:
    """Answer the edge who is calling (BURSAR_AUTHORIZE_ADDRESS)."""
    uvloop.run(authorize(IdentitySettings()))  # type: ignore[call-arg]


@_own.command(name="bootstrap")
def _bootstrap(token_file: _TokenFile = None) -> None:
    """Print {"operator_token": …}: a token that may make organizations and their tokens."""
    token = asyncio.run(bootstrap(IdentitySettings(), token_file))  # type: ignore[call-arg]
    typer.echo(json.dumps({"operator_token": token}))


main = command_line(IdentitySettings, compose, _own)
