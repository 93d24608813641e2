"""What each process costs: the CPU until it is ready, and its resident memory when it has worked for a while.

The yardstick for the start is the CPU of a Python process that imports grpc and asyncio and ends, measured in the same rounds; CPU
and not seconds, because a start waits for nobody else. Memory is held against 130 MiB.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import psutil

from benchmarks.figure import Figure, at_most
from benchmarks.stacks import Bench, cpu_seconds, running
from deploy.audit.quiet import wait_until_quiet

ROUNDS = 5
PURCHASES = 150
BUYERS = 8
LARGEST_MIB = 130.0
PROCESSES = ["identity", "identity-authorize", "checkout", "payments", "ledger", "benefits", "subscription"]
_AT_ONCE = 2
_BARE = "import asyncio, grpc, time; print(time.process_time())"


def figures() -> list[Figure]:
    """Two figures for each process of ours."""
    with running() as bench:
        _work(bench)
        memory = {name: _resident_mib(bench, name) for name in PROCESSES}
        rounds = [_starts(bench) for _ in range(ROUNDS)]
    found = [at_most(f"memory of {name}, of 130 MiB", mib, "MiB", ratio=mib / LARGEST_MIB, target=1.0) for name, mib in memory.items()]
    for name in PROCESSES:
        spent = statistics.median(started[name] for _, started in rounds)
        ratio = statistics.median(started[name] / bare for bare, started in rounds)
        found.append(at_most(f"start of {name}, of bare Python", spent, "s CPU", ratio=ratio, target=15.0))
    return found


def _work(bench: Bench) -> None:
    """Enough for every pool, cache and arena to have its size."""
    buyers = [bench.buyer for _ in range(BUYERS)]
    checkouts = [bench.open_checkout() for _ in range(PURCHASES)]
    with ThreadPoolExecutor(BUYERS) as pool:
        list(pool.map(lambda pair: bench.confirm(pair[1], buyers[pair[0] % BUYERS]), enumerate(checkouts)))
    wait_until_quiet(bench.suite)
    for buyer in buyers:
        buyer.close()


def _resident_mib(bench: Bench, name: str) -> float:
    return float(psutil.Process(bench.stack.process(name).pid).memory_info().rss / 2**20)


def _starts(bench: Bench) -> tuple[float, Mapping[str, float]]:
    """Seconds of CPU: of bare Python, and of each process until it is ready."""
    bare = float(subprocess.run([sys.executable, "-c", _BARE], check=True, capture_output=True).stdout)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        spent = list(pool.map(lambda name: _start(bench, name), PROCESSES))
    return bare, dict(zip(PROCESSES, spent, strict=True))


def _start(bench: Bench, name: str) -> float:
    bench.stack.restart(name)
    return cpu_seconds(bench.stack, [name])[name]
