"""The running suite as one object: `with Stack.start(directory) as stack: …`."""

import asyncio
import logging
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

from deploy.local.bring_up import BringUp
from deploy.local.layout import Layout
from deploy.local.leftovers import SUPERVISOR, stop_leftovers
from deploy.local.options import StackOptions
from deploy.local.plan import Plan, make_plan
from deploy.local.process import record
from deploy.local.secret_store import SecretStore
from deploy.local.services import Service, named
from deploy.local.stack_file import Facts, describe, write_stack_file
from deploy.local.supervisor import Supervisor

LOG = logging.getLogger("bursar.local")

READY_SECONDS = 30.0
POLL_SECONDS = 0.02

# Stopped in this order: first who calls, last who is called. What is not named here stops in between.
FIRST_TO_STOP, LAST_TO_STOP = ("edge", "simulator"), ("nats", "postgres")


@dataclass(frozen=True, slots=True)
class RunningProcess:
    """One look at a process: another pid follows after a restart."""

    name: str
    pid: int
    restarts: int


class Stack:
    """Started and supervised by this Python process; several live side by side in directories of their own.

    Process names: `postgres`, `nats`, `simulator`, `edge`, the services, and `identity-authorize`.
    """

    def __init__(self, layout: Layout, services: tuple[Service, ...], options: StackOptions) -> None:
        self.layout = layout
        self.plan: Plan = make_plan(services)
        self._options = options
        self._facts: Facts | None = None
        self._supervisor = Supervisor(layout, on_start=self._started)
        self._bring_up = BringUp(layout, self.plan, services, options, self._supervisor, SecretStore(layout.secrets))

    @classmethod
    def start(cls, directory: Path, services: list[str] | None = None, options: StackOptions | None = None) -> Self:
        """Returns when all is ready; None means all services. Keeps the directory's data.

        Raises ProcessFailed when a part does not come up, with everything stopped again.
        """
        layout = Layout(directory.resolve())
        layout.make()
        stop_leftovers(layout)
        layout.forget_logs()
        record(SUPERVISOR, os.getpid(), layout)
        stack = cls(layout, named(services), options or StackOptions())
        try:
            stack._facts = stack._bring_up.run()
            stack._write()
        except BaseException:
            stack.close()
            raise
        return stack

    def description(self) -> dict[str, Any]:
        """What stack.json says at this moment."""
        if self._facts is None:
            raise RuntimeError("the stack is not up")
        return describe(self.plan, self._facts, self._pid)

    def process(self, name: str) -> RunningProcess:
        """Raises LookupError while it is down."""
        return RunningProcess(name, self._supervisor.pid(name), self._supervisor.restarts(name))

    def processes(self) -> list[str]:
        return self._supervisor.names()

    def kill(self, name: str, by: signal.Signals = signal.SIGKILL) -> None:
        """As if it had crashed; the supervisor starts it again."""
        os.kill(self._supervisor.pid(name), by)

    def restart(self, name: str) -> None:
        """Stops it in order and returns when it is ready again."""
        before = self._supervisor.restarts(name)
        self._supervisor.restart(name)
        self._wait(name, lambda: self._supervisor.restarts(name) > before and self._supervisor.ready(name))

    def wait_ready(self, name: str, timeout_seconds: float = READY_SECONDS) -> None:
        """Returns when it is up and answers. Raises TimeoutError."""
        self._wait(name, lambda: self._supervisor.ready(name), timeout_seconds)

    def pause(self, name: str) -> None:
        """Freezes it with all its children (SIGSTOP): its peers wait for answers."""
        self._signal_family(name, signal.SIGSTOP)

    def resume(self, name: str) -> None:
        self._signal_family(name, signal.SIGCONT)

    def close(self) -> None:
        """Stops everything and returns when nothing runs any more. Logs stay, and data unless the options say otherwise."""
        self._supervisor.stop(list(FIRST_TO_STOP))
        between = [name for name in self._supervisor.names() if name not in LAST_TO_STOP]
        self._supervisor.stop(between)
        self._supervisor.close()
        self.layout.stack_file.unlink(missing_ok=True)
        if not self._options.keep_data:
            self.layout.wipe()
        (self.layout.pids / f"{SUPERVISOR}.json").unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await asyncio.to_thread(self.close)

    def _pid(self, name: str) -> int | None:
        try:
            return self._supervisor.pid(name)
        except LookupError:
            return None

    def _started(self, name: str, pid: int) -> None:
        """A restart gave the process another pid."""
        if self._facts is not None:
            self._write()

    def _write(self) -> None:
        write_stack_file(self.description(), self.layout)

    def _signal_family(self, name: str, number: signal.Signals) -> None:
        """PostgreSQL's backends lead sessions of their own, so a signal to the group would miss them."""
        parent = psutil.Process(self._supervisor.pid(name))
        for process in [parent, *parent.children(recursive=True)]:
            process.send_signal(number)

    def _wait(self, name: str, condition: Callable[[], bool], timeout_seconds: float = READY_SECONDS) -> None:
        deadline = time.monotonic() + timeout_seconds
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{name} was not ready after {timeout_seconds:.0f} s")
            time.sleep(POLL_SECONDS)
