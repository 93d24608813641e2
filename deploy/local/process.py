"""One operating-system process of the stack: what to run, how to see that it is up, how to find it again."""

import json
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil

from deploy.local.account import Account
from deploy.local.layout import REPOSITORY, Layout
from deploy.local.lifeline import tied_command

LOG_TAIL_LINES = 25


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """`ready` is asked with the pid of the running process until it says yes."""

    name: str
    command: list[str]
    ready: Callable[[int], bool]
    environment: Mapping[str, str] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    ready_seconds: float = 20.0
    stop_seconds: float = 15.0
    account: Account = field(default_factory=Account)


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """A process as it is found again: a pid may be given anew, but not with the same time of creation."""

    name: str
    pid: int
    created: float

    def running(self) -> psutil.Process | None:
        try:
            process = psutil.Process(self.pid)
            if process.create_time() == self.created and process.status() != psutil.STATUS_ZOMBIE:
                return process
        except psutil.NoSuchProcess:
            pass
        return None


def spawn(spec: ProcessSpec, layout: Layout) -> subprocess.Popen[bytes]:
    """Starts it in its own session with its output appended to its log, and records it."""
    tied = tied_command(spec.command, stop_signal=spec.stop_signal, uid=spec.account.uid, gid=spec.account.gid)
    with layout.log(spec.name).open("ab") as log:
        log.write(f"--- {datetime.now(UTC).isoformat(timespec='milliseconds')} starting {spec.name}\n".encode())
        log.flush()
        started = subprocess.Popen(
            tied,
            cwd="/" if spec.account.switches else REPOSITORY,
            env=None if spec.environment is None else dict(spec.environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    record(spec.name, started.pid, layout)
    return started


def record(name: str, pid: int, layout: Layout) -> None:
    created = psutil.Process(pid).create_time()
    (layout.pids / f"{name}.json").write_text(json.dumps({"pid": pid, "created": created}))


def read_record(name: str, layout: Layout) -> ProcessRecord | None:
    try:
        fields = json.loads((layout.pids / f"{name}.json").read_text())
    except FileNotFoundError:
        return None
    return ProcessRecord(name, int(fields["pid"]), float(fields["created"]))


def read_records(layout: Layout) -> list[ProcessRecord]:
    names = sorted(path.stem for path in layout.pids.glob("*.json"))
    found = [read_record(name, layout) for name in names]
    return [each for each in found if each is not None]


def log_tail(path: Path, lines: int = LOG_TAIL_LINES) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "(no log)"
