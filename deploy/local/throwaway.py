"""Starts a server that lives no longer than whoever starts it."""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from deploy.local.account import Account
from deploy.local.lifeline import tied_command

POLL_SECONDS = 0.01


def started(
    command: list[str], log: Path, ready: Callable[[int], bool], seconds: float, *, stop_signal: signal.Signals, account: Account
) -> subprocess.Popen[bytes] | None:
    """The process, once `ready` says so of its pid. None if that does not come true in time or the process ends; then it is gone."""
    tied = tied_command(command, stop_signal=stop_signal, uid=account.uid, gid=account.gid)
    with log.open("wb") as output:
        # An account that it switches to may not be allowed to read where we are.
        process = subprocess.Popen(tied, cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        # Another server may listen where this one could not.
        if ready(process.pid) and process.poll() is None:
            return process
        time.sleep(POLL_SECONDS)
    if process.poll() is None:
        process.kill()
        process.wait()
    return None
