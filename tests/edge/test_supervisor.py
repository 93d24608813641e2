"""The supervisor with stand-in processes: what it heals, what it says, and what it leaves behind."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local.layout import Layout
from deploy.local.leftovers import AlreadyRunning, stop_leftovers
from deploy.local.ports import free_port, listening
from deploy.local.process import ProcessSpec, read_record, record
from deploy.local.supervisor import ProcessFailed, Supervisor

LISTENS = "import socket,sys,time; s=socket.create_server(('127.0.0.1',int(sys.argv[1]))); time.sleep(600)"
IGNORES_TERM = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + LISTENS
WAIT_SECONDS = 10.0


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path)
    made.make()
    return made


@pytest.fixture
def supervisor(layout: Layout) -> Iterator[Supervisor]:
    started = Supervisor(layout)
    yield started
    started.close()


def program(code: str, *, name: str = "worker", ready_seconds: float = 10.0, stop_seconds: float = 10.0) -> ProcessSpec:
    port = free_port()
    return ProcessSpec(
        name=name,
        command=[sys.executable, "-S", "-c", code, str(port)],
        ready=lambda pid: listening(port),
        ready_seconds=ready_seconds,
        stop_seconds=stop_seconds,
    )


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_a_killed_process_comes_back_and_the_log_says_so(supervisor: Supervisor, caplog: pytest.LogCaptureFixture) -> None:
    supervisor.start(program(LISTENS))
    before = psutil.Process(supervisor.pid("worker"))
    before.kill()
    eventually(lambda: supervisor.restarts("worker") == 1 and supervisor.ready("worker"))
    assert supervisor.pid("worker") != before.pid
    assert f"worker (pid {before.pid}) ended by signal 9: restart in" in caplog.text


def test_a_process_that_ends_at_once_is_reported_with_its_last_words(supervisor: Supervisor) -> None:
    with pytest.raises(ProcessFailed) as failed:
        supervisor.start(program("raise SystemExit('no configuration')"))
    assert "worker ended before it was ready" in str(failed.value)
    assert "| no configuration" in str(failed.value)
    assert "worker.log" in str(failed.value)


def test_a_process_that_never_comes_up_is_reported(supervisor: Supervisor) -> None:
    with pytest.raises(ProcessFailed, match="worker was not ready after 1 s"):
        supervisor.start(program("import time; print('waiting', flush=True); time.sleep(600)", ready_seconds=1))


def test_restarts_of_a_process_that_keeps_ending_slow_down(supervisor: Supervisor) -> None:
    spec = program(LISTENS)
    supervisor.start(spec)
    began = time.monotonic()
    for number in range(1, 4):
        eventually(lambda: supervisor.ready("worker"))
        psutil.Process(supervisor.pid("worker")).kill()
        eventually(lambda number=number: supervisor.restarts("worker") == number)  # type: ignore[misc]
    assert time.monotonic() - began > 0.1 + 0.2 + 0.4


def test_nothing_is_left_after_the_stop(supervisor: Supervisor, layout: Layout) -> None:
    supervisor.start(program(LISTENS, name="one"))
    supervisor.start(program(LISTENS, name="two"))
    running = [psutil.Process(supervisor.pid(name)) for name in ("one", "two")]
    supervisor.stop_everything()
    assert not any(process.is_running() for process in running)
    assert list(layout.pids.iterdir()) == []


def test_a_process_that_ignores_the_stop_is_killed(supervisor: Supervisor, caplog: pytest.LogCaptureFixture) -> None:
    supervisor.start(program(IGNORES_TERM, stop_seconds=0.3))
    stubborn = psutil.Process(supervisor.pid("worker"))
    supervisor.stop(["worker"])
    assert not stubborn.is_running()
    assert "worker did not stop within" in caplog.text


def test_a_paused_process_stops_too(supervisor: Supervisor) -> None:
    supervisor.start(program(LISTENS))
    paused = psutil.Process(supervisor.pid("worker"))
    paused.suspend()
    began = time.monotonic()
    supervisor.stop(["worker"])
    assert not paused.is_running()
    assert time.monotonic() - began < 5


SUPERVISES = """
import sys, time
from pathlib import Path
from deploy.local.layout import Layout
from deploy.local.supervisor import Supervisor
from tests.edge.test_supervisor import IGNORES_TERM, LISTENS, program
layout = Layout(Path(sys.argv[1]))
supervisor = Supervisor(layout)
supervisor.start(program(LISTENS, name="gentle"))
supervisor.start(program(IGNORES_TERM, name="stubborn"))
print("up", flush=True)
time.sleep(600)
"""


def test_a_killed_supervisor_takes_its_processes_along_and_the_rest_is_found(layout: Layout) -> None:
    killed = subprocess.Popen([sys.executable, "-c", SUPERVISES, str(layout.root)], stdout=subprocess.PIPE)
    assert killed.stdout is not None
    with killed.stdout as said:
        assert said.readline() == b"up\n"
    gentle, stubborn = (read_record(name, layout) for name in ("gentle", "stubborn"))
    assert gentle is not None
    assert stubborn is not None
    killed.kill()
    killed.wait()
    eventually(lambda: gentle.running() is None)
    found = stubborn.running()
    assert found is not None
    found.resume()
    found.send_signal(signal.SIGKILL)
    eventually(lambda: stubborn.running() is None)
    assert stop_leftovers(layout) == []
    assert list(layout.pids.iterdir()) == []


def test_leftovers_are_stopped_and_strangers_with_their_pid_are_not(layout: Layout) -> None:
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        record("left", left.pid, layout)
        record("reused", stranger.pid, layout)
        (layout.pids / "reused.json").write_text(f'{{"pid": {stranger.pid}, "created": 1.0}}')
        assert stop_leftovers(layout) == ["left"]
        assert left.poll() is not None
        assert stranger.poll() is None
    finally:
        for process in (left, stranger):
            process.kill()
            process.wait()


def test_two_stacks_in_one_directory_are_refused(layout: Layout) -> None:
    record("supervisor", psutil.Process().pid, layout)
    with pytest.raises(AlreadyRunning, match="runs already"):
        stop_leftovers(layout)
