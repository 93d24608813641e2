"""Checks every invariant of a running suite: `python -m deploy.audit [--stack-file var/stack.json] [--wait SECONDS]`.

Prints a table; exit status 1 if an invariant is broken or the suite does not come to rest.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
    with Suite(Addresses.read(stack_file)) as suite:
        try:
            seconds = wait_until_quiet(suite, wait)
        except NotQuiet as error:
            console.print(f"[bold red]not quiet after {wait:.0f} s: {error}")
            raise typer.Exit(1) from error
        console.print(f"quiet after {seconds:.1f} s")
        found = audit(suite)
    verdicts(console, found)
    raise typer.Exit(1 if any(verdict.problems for verdict in found) else 0)


if __name__ == "__main__":
    application()
