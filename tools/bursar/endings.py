"""How a command ends."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from tools.bursar.suite import SuiteError


@contextmanager
def told_errors() -> Iterator[None]:
    """What went wrong in a sentence or two, and exit status 1; 130 where somebody interrupted."""
    try:
        yield
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; an advance that was asked for goes on: see `bursar clock show`\n")
        raise typer.Exit(130) from None
    except SuiteError as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(1) from None
