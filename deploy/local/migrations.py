"""Brings one service's database to the newest schema, as its owner, before the service starts."""

import signal
import subprocess
from collections.abc import Mapping

from deploy.local.layout import REPOSITORY, Layout
from deploy.local.lifeline import tied_command
from deploy.local.process import log_tail
from deploy.local.supervisor import ProcessFailed

MIGRATION_SECONDS = 120


def migrate(service: str, command: list[str], environment: Mapping[str, str], layout: Layout) -> None:
    """Runs to its end. Raises ProcessFailed with what it said last."""
    path = layout.log(f"{service}-migrate")
    with path.open("wb") as log:
        try:
            ended = subprocess.run(
                tied_command(command, stop_signal=signal.SIGTERM),
                cwd=REPOSITORY,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                timeout=MIGRATION_SECONDS,
            )
            outcome = f"ended with status {ended.returncode}"
            if ended.returncode == 0:
                return
        except subprocess.TimeoutExpired:
            outcome = f"took longer than {MIGRATION_SECONDS} s"
    raise ProcessFailed(
        f"the migration of {service} {outcome}. Its last lines:\n{log_tail(path)}\nThe whole log is {path}. "
        f"If the data is of an older version, forget it: python -m deploy.local down --wipe"
    )
