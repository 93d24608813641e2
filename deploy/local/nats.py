"""A real NATS server with JetStream from the wheel: the stack's durable one, and throw-away ones for tests."""

import json
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from deploy.local.account import Account
from deploy.local.ports import LOOPBACK, free_ports, listening
from deploy.local.throwaway import started
from deploy.local.wheels import nats_binary

READY_SECONDS = 10.0
PORT_ATTEMPTS = 5
MAX_PAYLOAD_BYTES = 1024 * 1024
MAX_FILE_STORE = "16GB"
MAX_MEMORY_STORE = "256MB"


class NatsFailed(RuntimeError):
    """NATS did not come up; the message ends with what it said."""


@contextmanager
def ephemeral_nats() -> Iterator[str]:
    """A JetStream server with its store in a temporary directory, gone afterwards. Yields its `nats://` URL."""
    with tempfile.TemporaryDirectory(prefix="bursar-nats-", ignore_cleanup_errors=True) as parent:
        server, port = _start_on_free_ports(Path(parent))
        try:
            yield url(port)
        finally:
            server.kill()  # nothing is kept
            server.wait()


def url(port: int) -> str:
    return f"nats://{LOOPBACK}:{port}"


def configuration(store: Path, *, port: int, monitor_port: int, sync: str = "always") -> str:
    """The server's configuration file. An acknowledged message is on disk: `sync_interval: always`."""
    return f"""\
host: {LOOPBACK}
port: {port}
http: "{LOOPBACK}:{monitor_port}"
max_payload: {MAX_PAYLOAD_BYTES}
jetstream {{
  store_dir: {json.dumps(str(store))}
  sync_interval: {sync}
  max_file_store: {MAX_FILE_STORE}
  max_memory_store: {MAX_MEMORY_STORE}
}}
"""


def command(configuration_file: Path) -> list[str]:
    return [str(nats_binary()), "--config", str(configuration_file)]


def _start_on_free_ports(directory: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Somebody else may take a free port before NATS does: then the next two are tried."""
    log = directory / "log"
    configuration_file = directory / "nats.conf"
    for _ in range(PORT_ATTEMPTS):
        port, monitor_port = free_ports(2)
        written = configuration(directory / "store", port=port, monitor_port=monitor_port, sync='"2m"')
        configuration_file.write_text(written)
        ready = partial(_listens, port)
        server = started(command(configuration_file), log, ready, READY_SECONDS, stop_signal=signal.SIGKILL, account=Account())
        if server is not None:
            return server, port
    raise NatsFailed(f"NATS did not come up:\n{log.read_text(errors='replace')}")


def _listens(port: int, _: int) -> bool:
    return listening(port)
