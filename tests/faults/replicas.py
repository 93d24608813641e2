"""A second worker beside each service, as a deployment with two replicas has them."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from deploy.local.lifeline import tied_command
from deploy.local.ports import LOOPBACK, free_ports
from deploy.local.stack import Stack

_STOP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Replica:
    """One more worker of a service."""

    service: str
    metrics_url: str

    def taken(self) -> float:
        """How many facts it has taken."""
        lines = httpx.get(self.metrics_url, timeout=5.0).text.splitlines()
        return sum(
            float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("bursar_consumer_events_total{") and '"taken"' in line
        )


@contextmanager
def second_workers(stack: Stack, services: Sequence[str]) -> Iterator[list[Replica]]:
    """Told the same as the service itself, but for the addresses."""
    with ExitStack() as running:
        yield [running.enter_context(_second_worker(stack, service)) for service in services]


@contextmanager
def _second_worker(stack: Stack, service: str) -> Iterator[Replica]:
    grpc_port, metrics_port = free_ports(2)
    environment = {
        **psutil.Process(stack.process(service).pid).environ(),
        "BURSAR_GRPC_ADDRESS": f"{LOOPBACK}:{grpc_port}",
        "BURSAR_METRICS_ADDRESS": f"{LOOPBACK}:{metrics_port}",
    }
    command = tied_command([sys.executable, "-m", f"services.{service}", "work"], stop_signal=signal.SIGTERM)
    log = Path(stack.layout.log(f"{service}-second"))
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        yield Replica(service, f"http://{LOOPBACK}:{metrics_port}/metrics")
    finally:
        process.terminate()
        process.wait(_STOP_SECONDS)
