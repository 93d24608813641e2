"""The root of the command line."""

from __future__ import annotations

import typer

from tools.bursar import clock

application = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Work with a running suite. Without options it talks to the one that `make up` started, as its sandbox.",
)
application.add_typer(clock.application, name="clock")
