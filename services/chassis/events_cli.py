"""Commands for operators about a service's facts: publish a range again, look at parked ones, have them tried again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar
from uuid import UUID

import typer

from services.chassis import inbox
from services.chassis.database import Database
from services.chassis.replay import replay
from services.chassis.settings import Settings

Answer = TypeVar("Answer")
_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]


def command_line(settings_type: type[Settings]) -> typer.Typer:
    """The `events` commands of one service."""
    app = typer.Typer(no_args_is_help=True, help=__doc__)

    @app.command(name="replay")
    def replay_command(
        type: Annotated[str | None, typer.Option(help="Only facts of this type, e.g. order.paid.")] = None,
        since: Annotated[datetime | None, typer.Option("--from", formats=_FORMATS, help="Committed at or after, in UTC.")] = None,
        until: Annotated[datetime | None, typer.Option("--to", formats=_FORMATS, help="Committed before, in UTC.")] = None,
        organization: Annotated[UUID | None, typer.Option(help="Only facts of this organization.")] = None,
    ) -> None:
        """Publish facts again. Always safe: whoever has taken one drops its copy."""

        async def again(database: Database) -> int:
            return await replay(database, type=type, since=_utc(since), until=_utc(until), organization_id=organization)

        typer.echo(f"{_with_database(settings_type, again)} facts are published again")

    @app.command()
    def parked() -> None:
        """List the facts that could not be used and wait for somebody to look."""
        waiting = _with_database(settings_type, inbox.parked)
        for fact in waiting:
            typer.echo(f"{fact.parked_at:%Y-%m-%d %H:%M:%S}  {fact.event_id}  {fact.type:28}  {fact.attempts} attempts  {fact.error}")
        typer.echo(f"{len(waiting)} parked")

    @app.command()
    def redrive(
        event: Annotated[UUID | None, typer.Option(help="Only this one; otherwise all that are parked.")] = None,
    ) -> None:
        """Have parked facts tried again, by the service's running worker."""

        async def again(database: Database) -> int:
            return await inbox.redrive(database, event_id=event)

        typer.echo(f"{_with_database(settings_type, again)} parked facts are tried again")

    return app


def _with_database(settings_type: type[Settings], work: Callable[[Database], Awaitable[Answer]]) -> Answer:
    async def run() -> Answer:
        settings = settings_type()  # type: ignore[call-arg]
        database = Database(settings.database_worker_url, name=f"bursar-{settings.service}-events", pool_size=1)
        await database.open()
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


def _utc(instant: datetime | None) -> datetime | None:
    return instant.replace(tzinfo=UTC) if instant else None
