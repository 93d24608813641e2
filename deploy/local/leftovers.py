"""Finds and stops the processes of a stack whose supervisor is gone. Never touches a process it did not record."""

import signal

import psutil

from deploy.local.layout import Layout
from deploy.local.process import ProcessRecord, read_record, read_records

STOP_SECONDS = 15.0
SUPERVISOR_STOP_SECONDS = 45.0
SUPERVISOR = "supervisor"


class AlreadyRunning(RuntimeError):
    """The directory's stack is up."""


def running_supervisor(layout: Layout) -> psutil.Process | None:
    found = read_record(SUPERVISOR, layout)
    return None if found is None else found.running()


def stop_supervisor(layout: Layout) -> None:
    """Asks a running supervisor to stop its stack, and returns when it is gone; after a while by force."""
    if (supervisor := running_supervisor(layout)) is None:
        return
    supervisor.terminate()
    try:
        supervisor.wait(SUPERVISOR_STOP_SECONDS)
    except psutil.TimeoutExpired:
        supervisor.kill()
        supervisor.wait(STOP_SECONDS)


def stop_leftovers(layout: Layout) -> list[str]:
    """Stops what a dead supervisor left behind and returns the names. Raises AlreadyRunning for a living one."""
    if (supervisor := running_supervisor(layout)) is not None:
        raise AlreadyRunning(
            f"the stack in {layout.root} runs already (supervisor pid {supervisor.pid}): stop it with `python -m deploy.local down`"
        )
    records = read_records(layout)
    left = [(found, process) for found in records if (process := found.running()) is not None]
    for found, process in left:
        process.send_signal(_gentle(found))
        process.send_signal(signal.SIGCONT)
    _, alive = psutil.wait_procs([process for _, process in left], timeout=STOP_SECONDS)
    for process in alive:
        process.kill()
    psutil.wait_procs(alive, timeout=STOP_SECONDS)
    for found in records:
        (layout.pids / f"{found.name}.json").unlink(missing_ok=True)
    return [found.name for found, _ in left]


def _gentle(found: ProcessRecord) -> signal.Signals:
    """PostgreSQL waits for its clients on SIGTERM, and disconnects them on SIGINT."""
    return signal.SIGINT if found.name == "postgres" else signal.SIGTERM
