"""`python -m deploy.local`: the whole suite on this machine, with one command."""

import json
import logging
import os
import shlex
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer

from deploy.local.detached import start_detached
from deploy.local.layout import REPOSITORY, Layout
from deploy.local.leftovers import running_supervisor, stop_leftovers, stop_supervisor
from deploy.local.options import StackOptions
from deploy.local.plan import Outside
from deploy.local.process import read_records
from deploy.local.services import SERVICES
from deploy.local.stack import Stack

DEFAULT_DIRECTORY = REPOSITORY / "var"
NAMES = ", ".join(service.name for service in SERVICES)

application = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="The whole suite as real processes on loopback. Existing servers are used instead of own ones when "
    "DATABASE_URL (an administrator's), NATS_URL or a Stripe test key in STRIPE_SECRET_KEY is set.",
)

Directory = Annotated[Path, typer.Option("--directory", help="Where data, logs and stack.json go.")]


class Interrupted(Exception):
    """The stack was asked to stop."""


@application.command()
def up(
    directory: Directory = DEFAULT_DIRECTORY,
    detach: Annotated[bool, typer.Option("--detach", help="Return when it is ready; it goes on running.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget the data of earlier runs first.")] = False,
    service: Annotated[list[str] | None, typer.Option(help=f"Only these; repeatable. All: {NAMES}")] = None,
) -> None:
    """Start everything; stay until Ctrl-C, which stops everything."""
    if detach:
        raise typer.Exit(start_detached(Layout(directory.resolve()), sys.argv[1:]))
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        if fresh:
            _forget(Layout(directory.resolve()))
        with Stack.start(directory, service or None, StackOptions(outside=Outside.of(os.environ))) as stack:
            _announce(stack.description(), stack.layout)
            threading.Event().wait()
    except Interrupted:
        typer.echo("stopped")
    except (RuntimeError, ValueError, LookupError, OSError) as error:
        typer.echo(f"\n{error}", err=True)
        raise typer.Exit(1) from error


@application.command()
def down(
    directory: Directory = DEFAULT_DIRECTORY,
    wipe: Annotated[bool, typer.Option("--wipe", help="Forget data and secrets too.")] = False,
) -> None:
    """Stop everything that `up` started, also after its supervisor was killed."""
    layout = Layout(directory.resolve())
    stop_supervisor(layout)
    for name in stop_leftovers(layout):
        typer.echo(f"{name} was left behind: stopped")
    layout.stack_file.unlink(missing_ok=True)
    if wipe:
        layout.wipe()
    typer.echo("nothing runs any more")


@application.command()
def status(directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Say what runs. Exit status 1 when the stack is not up."""
    layout = Layout(directory.resolve())
    for record in read_records(layout):
        running = "running" if record.running() is not None else "down"
        typer.echo(f"{record.name:20} {running:8} pid {record.pid}")
    if running_supervisor(layout) is None or not layout.stack_file.exists():
        typer.echo("the stack is not up")
        raise typer.Exit(1)


@application.command()
def environment(directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Print shell exports for working with the running stack: eval "$(python -m deploy.local environment)"."""
    file = Layout(directory.resolve()).stack_file
    if not file.exists():
        typer.echo("the stack is not up", err=True)
        raise typer.Exit(1)
    stack = json.loads(file.read_text())
    exports = {
        "BURSAR_EDGE_URL": stack["edge"]["http"],
        "BURSAR_EDGE_GRPC": stack["edge"]["grpc"],
        "BURSAR_ORGANIZATION_ID": stack.get("organization", {}).get("id", ""),
        "BURSAR_ACCESS_TOKEN": stack.get("access_token", ""),
        "BURSAR_OPERATOR_TOKEN": stack.get("operator_token", ""),
        "BURSAR_SANDBOX_ID": stack.get("sandbox", {}).get("organization_id", ""),
        "BURSAR_SANDBOX_TOKEN": stack.get("sandbox", {}).get("access_token", ""),
    }
    for name, value in exports.items():
        typer.echo(f"export {name}={shlex.quote(value)}")


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Once: a second Ctrl-C must not tear the stopping apart."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    raise Interrupted


def _forget(layout: Layout) -> None:
    stop_leftovers(layout)
    layout.wipe()


def _announce(stack: dict[str, Any], layout: Layout) -> None:
    typer.echo(f"\nready: {stack['edge']['http']} (REST and gRPC); addresses and tokens: {layout.stack_file}")
    typer.echo(f"logs: {layout.logs}; stop with `make down`, in the foreground also with Ctrl-C")


if __name__ == "__main__":
    application()
