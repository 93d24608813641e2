"""A real Envoy with the generated configuration, and the clients that speak to it."""

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import httpx

from deploy.envoy.settings import Address, EdgeSettings, Limits
from deploy.envoy.write import envoy_command, write_edge
from deploy.local.lifeline import tied_command
from deploy.local.ports import LOOPBACK, free_ports, listening
from deploy.local.wheels import envoy_binary
from tests.edge.contract import Contract
from tests.edge.stand_ins import GOOD_TOKEN

READY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Edge:
    port: int
    configuration: Path
    access_log: Path
    http: httpx.Client
    """Speaks REST with the good token."""
    channel: grpc.Channel

    def send_raw(self, request: bytes) -> bytes:
        """Sends bytes as they are and returns the beginning of the answer; nothing when the edge closes without."""
        with socket.create_connection((LOOPBACK, self.port), timeout=3) as connection:
            connection.sendall(request)
            return connection.recv(65536)


@contextmanager
def running_edge(
    directory: Path, contract: Contract, *, service_port: int, authorizer_port: int, limits: Limits | None = None
) -> Iterator[Edge]:
    port, admin_port = free_ports(2)
    settings = EdgeSettings(
        listen=Address(LOOPBACK, port),
        admin=Address(LOOPBACK, admin_port),
        authorizer=Address(LOOPBACK, authorizer_port),
        services={"sample": Address(LOOPBACK, service_port)},
        descriptors=directory / "edge.pb",
        access_log=directory / "access.log",
        limits=limits or Limits(),
    )
    configuration = directory / "envoy.json"
    write_edge(contract.file, settings, directory)
    with (directory / "envoy.log").open("wb") as log:
        command = envoy_command(envoy_binary(), configuration, concurrency=1)
        tied = tied_command(command, stop_signal=signal.SIGKILL)
        process = subprocess.Popen(tied, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait(process, port, directory / "envoy.log")
        headers = {"authorization": f"Bearer {GOOD_TOKEN}"}
        with (
            httpx.Client(base_url=f"http://{LOOPBACK}:{port}", headers=headers, timeout=10) as http,
            grpc.insecure_channel(f"{LOOPBACK}:{port}") as channel,
        ):
            yield Edge(port, configuration, settings.access_log, http, channel)
    finally:
        process.kill()
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not listening(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"Envoy did not come up:\n{log.read_text(errors='replace')}")
        time.sleep(0.02)
