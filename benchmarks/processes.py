"""What each process costs before it does anything: time to be ready, and resident memory after a little work.

The yardstick for the time is a Python process that imports grpc and asyncio and ends; memory is held against 130 MiB.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

import psutil

from benchmarks.figure import Figure, at_most
from benchmarks.stacks import running

ROUNDS = 5
LARGEST_MIB = 130.0
PROCESSES = ["identity", "identity-authorize", "checkout", "payments", "ledger", "benefits", "subscription"]


def figures() -> list[Figure]:
    """Two figures for each process of ours."""
    found: list[Figure] = []
    with running() as bench:
        for name in PROCESSES:
            bare, ready = [], []
            for _ in range(ROUNDS):
                bare.append(_bare_python())
                started = time.perf_counter()
                bench.stack.restart(name)
                ready.append(time.perf_counter() - started)
            ratio = statistics.median(after / before for after, before in zip(ready, bare, strict=True))
            found.append(at_most(f"restart of {name} of bare Python", statistics.median(ready), "s", ratio=ratio, target=12.0))
        for name in PROCESSES:
            mebibytes = psutil.Process(bench.stack.process(name).pid).memory_info().rss / 2**20
            found.append(at_most(f"memory of {name} of 130 MiB", mebibytes, "MiB", ratio=mebibytes / LARGEST_MIB, target=1.0))
    return found


def _bare_python() -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import grpc, asyncio"], check=True)
    return time.perf_counter() - started
