"""Starts processes, restarts those that end by themselves, and stops them all.

One thread owns all processes: the kernel ties a child to the thread that started it (see lifeline.py). The calls of
`Supervisor` may come from any thread; they hand their work to that thread.
"""

import logging
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

from deploy.local.layout import Layout
from deploy.local.process import ProcessSpec, log_tail, spawn

LOG = logging.getLogger("bursar.local")

POLL_SECONDS = 0.02
FIRST_BACKOFF_SECONDS = 0.1
LONGEST_BACKOFF_SECONDS = 5.0
# A process that lived this long has recovered: its next end is waited on from the shortest time again.
STABLE_SECONDS = 10.0

Answer = TypeVar("Answer")


class ProcessFailed(RuntimeError):
    """A process did not come up. The message names it and ends with its last log lines and what to do."""


@dataclass(slots=True)
class Watched:
    """What the supervisor knows of one process. `kept_up` is False until it was ready for the first time."""

    spec: ProcessSpec
    child: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    kept_up: bool = False
    restarts: int = 0
    failures: int = 0
    restart_at: float | None = None
    restart_asked: bool = False


class Supervisor:
    """Processes by name. `on_start` is told the name and the pid of every start, in the supervisor's thread."""

    def __init__(self, layout: Layout, on_start: Callable[[str, int], None] = lambda name, pid: None) -> None:
        self._layout = layout
        self._on_start = on_start
        self._watched: dict[str, Watched] = {}
        self._work: queue.Queue[Callable[[], None]] = queue.Queue()
        self._closed = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        self._thread.start()

    def start(self, spec: ProcessSpec) -> None:
        """Starts it and returns when it is ready. Raises ProcessFailed when it ends or takes too long."""
        self._in_thread(lambda: self._add(spec))
        deadline = time.monotonic() + spec.ready_seconds
        while time.monotonic() < deadline:
            pid = self._pid(spec.name)
            if pid is None:
                raise ProcessFailed(self._explain(spec, "ended before it was ready"))
            if spec.ready(pid):
                self._in_thread(lambda: self._keep_up(spec.name))
                return
            time.sleep(POLL_SECONDS)
        raise ProcessFailed(self._explain(spec, f"was not ready after {spec.ready_seconds:.0f} s"))

    def pid(self, name: str) -> int:
        """Raises LookupError while the process is down."""
        pid = self._pid(name)
        if pid is None:
            raise LookupError(f"{name} is not running")
        return pid

    def ready(self, name: str) -> bool:
        pid = self._pid(name)
        return pid is not None and self._watched[name].spec.ready(pid)

    def restarts(self, name: str) -> int:
        return self._watched[name].restarts

    def names(self) -> list[str]:
        return list(self._watched)

    def restart(self, name: str) -> None:
        """Stops it in order; it then comes up again by itself, at once."""
        self._in_thread(lambda: self._begin_restart(self._watched[name]))

    def stop(self, names: list[str]) -> None:
        """Stops them at the same time and returns when they are gone; after `stop_seconds` by force."""
        stopping = [self._watched[name] for name in names if name in self._watched]
        self._in_thread(lambda: self._forget(stopping))
        for watched in stopping:
            self._wait_gone(watched)

    def stop_everything(self) -> None:
        """Also what is being started: a start that waits, and every later one, raises ProcessFailed."""
        self._stopping = True
        self.stop(self.names())

    def close(self) -> None:
        """Stops everything, and the thread. No call may follow."""
        if not self._closed.is_set():
            self.stop_everything()
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                self._work.get(timeout=POLL_SECONDS)()
            except queue.Empty:
                pass
            for watched in list(self._watched.values()):
                self._look_after(watched)

    def _in_thread(self, work: Callable[[], Answer]) -> Answer:
        answer: Future[Answer] = Future()

        def run() -> None:
            try:
                answer.set_result(work())
            except Exception as error:  # noqa: BLE001 - it is the caller's, not the thread's
                answer.set_exception(error)

        self._work.put(run)
        return answer.result()

    def _add(self, spec: ProcessSpec) -> None:
        if self._stopping:
            raise ProcessFailed(f"{spec.name} was not started: the stack stops")
        watched = Watched(spec)
        self._watched[spec.name] = watched
        self._spawn(watched)

    def _spawn(self, watched: Watched) -> None:
        watched.child = spawn(watched.spec, self._layout)
        watched.started_at = time.monotonic()
        watched.restart_at = None
        self._on_start(watched.spec.name, watched.child.pid)

    def _keep_up(self, name: str) -> None:
        self._watched[name].kept_up = True

    def _pid(self, name: str) -> int | None:
        watched = self._watched.get(name)
        return None if watched is None or watched.child is None else watched.child.pid

    def _look_after(self, watched: Watched) -> None:
        child = watched.child
        if child is not None and child.poll() is not None:
            watched.child = None
            if watched.kept_up:
                self._plan_restart(watched, child)
        if watched.restart_at is not None and time.monotonic() >= watched.restart_at:
            watched.restarts += 1
            self._spawn(watched)

    def _plan_restart(self, watched: Watched, ended: subprocess.Popen[bytes]) -> None:
        now = time.monotonic()
        recovered = now - watched.started_at > STABLE_SECONDS
        wait = min(FIRST_BACKOFF_SECONDS * 2 ** (0 if recovered else watched.failures), LONGEST_BACKOFF_SECONDS)
        watched.failures = 1 if recovered else watched.failures + 1
        if watched.restart_asked:
            watched.restart_asked, watched.failures, wait = False, 0, 0.0
        watched.restart_at = now + wait
        how = f"by signal {-ended.returncode}" if ended.returncode < 0 else f"with status {ended.returncode}"
        LOG.warning("%s (pid %d) ended %s: restart in %.1f s", watched.spec.name, ended.pid, how, wait)

    def _begin_restart(self, watched: Watched) -> None:
        watched.restart_asked = True
        self._begin_stop(watched)

    def _begin_stop(self, watched: Watched) -> None:
        if watched.child is not None:
            watched.child.send_signal(watched.spec.stop_signal)
            watched.child.send_signal(signal.SIGCONT)  # a paused process could not stop

    def _forget(self, stopping: list[Watched]) -> None:
        for watched in stopping:
            watched.kept_up = False
            watched.restart_at = None
            self._begin_stop(watched)

    def _wait_gone(self, watched: Watched) -> None:
        deadline = time.monotonic() + watched.spec.stop_seconds
        while watched.child is not None and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        if (child := watched.child) is not None:
            LOG.warning("%s did not stop within %.0f s: killed", watched.spec.name, watched.spec.stop_seconds)
            child.kill()
            child.wait()
        self._watched.pop(watched.spec.name, None)
        (self._layout.pids / f"{watched.spec.name}.json").unlink(missing_ok=True)

    def _explain(self, spec: ProcessSpec, what: str) -> str:
        path = self._layout.log(spec.name)
        return (
            f"{spec.name} {what}. Its last log lines:\n{_indented(log_tail(path))}\n"
            f"The whole log is {path}; the command was: {' '.join(spec.command)}"
        )


def _indented(text: str) -> str:
    return "\n".join(f"  | {line}" for line in text.splitlines())
