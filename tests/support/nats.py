"""A NATS server that a test may kill, freeze, stop, start again, and give an older copy of its store."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import Signals

from deploy.local import nats
from deploy.local.ports import free_ports, listening

_READY_SECONDS = 10.0


class NatsServer:
    """One server with its store in a directory, always on the same port."""

    def __init__(self, directory: Path) -> None:
        self._port, monitor_port = free_ports(2)
        self._store = directory / "store"
        self._saved = directory / "saved"
        self._configuration = directory / "nats.conf"
        self._configuration.write_text(nats.configuration(self._store, port=self._port, monitor_port=monitor_port))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return nats.url(self._port)

    def start(self) -> None:
        """Start, and wait until it listens."""
        command = nats.command(self._configuration)
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        until = time.monotonic() + _READY_SECONDS
        while not listening(self._port):
            if time.monotonic() > until:
                raise TimeoutError("NATS did not come up")
            time.sleep(0.01)

    def signal(self, number: Signals) -> None:
        """SIGSTOP freezes it, SIGCONT lets it go on."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """As `kill -9` does."""
        self._end(Signals.SIGKILL)

    def stop(self) -> None:
        """In order."""
        self._end(Signals.SIGTERM)

    def save_store(self) -> None:
        """Remember the messages as they are on disk; the server must not run."""
        shutil.rmtree(self._saved, ignore_errors=True)
        shutil.copytree(self._store, self._saved)

    def restore_store(self) -> None:
        """Go back to the messages that were saved, as a machine does that lost what was not synced."""
        shutil.rmtree(self._store)
        shutil.copytree(self._saved, self._store)

    def wipe_store(self) -> None:
        """Lose everything."""
        shutil.rmtree(self._store)

    def _end(self, number: Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()
            self._process = None


@contextmanager
def nats_server() -> Iterator[NatsServer]:
    """A running server of the test's own."""
    with tempfile.TemporaryDirectory(prefix="bursar-nats-", ignore_cleanup_errors=True) as directory:
        server = NatsServer(Path(directory))
        server.start()
        try:
            yield server
        finally:
            server.kill()
