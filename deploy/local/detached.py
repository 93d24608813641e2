"""`up --detach`: a supervisor that goes on when its terminal is gone."""

import subprocess
import sys
import time

from deploy.local.layout import REPOSITORY, Layout
from deploy.local.leftovers import running_supervisor

READY_SECONDS = 120.0
POLL_SECONDS = 0.05


def start_detached(layout: Layout, arguments: list[str]) -> int:
    """Runs `up` again in a session of its own and shows what it says until it is ready. Returns the exit status."""
    if (supervisor := running_supervisor(layout)) is not None:
        sys.stderr.write(f"the stack in {layout.root} runs already (supervisor pid {supervisor.pid})\n")
        return 1
    layout.make()
    layout.stack_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "deploy.local", *(each for each in arguments if each != "--detach")]
    path = layout.log("supervisor")
    with path.open("wb") as log:
        started = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    with path.open(errors="replace") as said:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            ended, ready = started.poll(), layout.stack_file.exists()
            sys.stdout.write(said.read())
            if ended is not None or ready:
                sys.stdout.write(said.read())
                return 0 if ended is None else ended or 1
            time.sleep(POLL_SECONDS)
    sys.stderr.write(f"not ready after {READY_SECONDS:.0f} s; it goes on trying: {path}\n")
    return 1
