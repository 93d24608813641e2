"""Checks every invariant of a running suite: `python -m deploy.audit [--stack-file var/stack.json] [--wait SECONDS]`.

Prints a table; exit status 1 if an invariant is broken or the suite does not come to rest.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import httpx
import psycopg
import typer
from rich.console import Console

from deploy.audit.invariants import audit
from deploy.audit.quiet import NotQuiet, wait_until_quiet
from deploy.audit.suite import Addresses, Suite
from deploy.demo.show import verdicts
from deploy.local.layout import REPOSITORY

application = typer.Typer(add_completion=False, help=__doc__)


@application.command()
def main(
    stack_file: Annotated[Path, typer.Option("--stack-file", help="Written by `make up`.")] = REPOSITORY / "var" / "stack.json",
    wait: Annotated[float, typer.Option("--wait", help="Seconds within which nothing may be under way any more.")] = 60.0,
) -> None:
    """Audit."""
    console = Console(width=max(140, Console().width))
    addresses = _addresses(stack_file)
    try:
        with Suite(addresses) as suite:
            console.print(f"quiet after {wait_until_quiet(suite, wait):.1f} s")
            found = audit(suite)
    except NotQuiet as error:
        _give_up(f"not quiet after {wait:.0f} s: {error}")
    except (httpx.TransportError, psycopg.OperationalError) as error:
        _give_up(f"the suite of {stack_file} does not answer, see `make status`: {error}")
    verdicts(console, found)
    raise typer.Exit(1 if any(verdict.problems for verdict in found) else 0)


def _addresses(stack_file: Path) -> Addresses:
    if not stack_file.exists():
        _give_up("no suite is running here: start one with `make up-detached`, or say which by --stack-file")
    try:
        return Addresses.read(stack_file)
    except (ValueError, KeyError) as error:
        _give_up(f"{stack_file} is no file of `make up`: {error!r}")


def _give_up(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)


if __name__ == "__main__":
    application()
