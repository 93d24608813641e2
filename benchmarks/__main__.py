"""Measures every hot path against a yardstick of the same run.

    make bench                       all of them
    python -m benchmarks relay hop   only these

Prints a line for each figure – name, value, unit, ratio, target, ok or SHORT – and writes var/bench.json. With --strict the exit
status is 1 if a figure is short. The machine should be quiet meanwhile; figures are medians of at least five interleaved rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from benchmarks.figure import Figure

BENCHMARKS = ("hop", "relay", "ledger", "entitlement", "edge", "purchases", "renewals", "processes")
OUTPUT = Path(__file__).resolve().parents[1] / "var" / "bench.json"


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], help="default: all")
    parser.add_argument("--strict", action="store_true", help="exit 1 if a figure is short of its target")
    options = parser.parse_args()
    found: list[tuple[str, Figure]] = []
    for name in options.names or BENCHMARKS:
        print(f"# {name} …", flush=True)
        started = time.perf_counter()
        for figure in import_module(f"benchmarks.{name}").figures():
            found.append((name, figure))
            print(figure, flush=True)
        print(f"# {name} took {time.perf_counter() - started:.0f} s", flush=True)
    _write(found)
    short = [figure.name for _, figure in found if not figure.ok]
    print(f"{len(found) - len(short)} of {len(found)} figures reach their targets" + (f"; SHORT: {', '.join(short)}" if short else ""))
    return 1 if short and options.strict else 0


def _write(found: list[tuple[str, Figure]]) -> None:
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0]}
    figures = [{"benchmark": name, **asdict(figure), "ok": figure.ok} for name, figure in found]
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps({"machine": machine, "figures": figures}, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
