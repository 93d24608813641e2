"""Stands in for `make` while the commands of the documentation are tried: the real recipe, on a directory of the test's own.

    python -m tests.docs.make [--silent] <target>

`demo` and `test` run for minutes and are tests themselves, so of them only the recipe is looked at. What a target does instead of
touching `var/` stands below; another target is refused, so that nothing in the documentation goes untried.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

RUNS_FOR_MINUTES = {"demo": "-m deploy.demo", "test": "-m pytest", "bench": "-m benchmarks", "faults": "-m pytest -m faults"}
"""What their recipes have to contain."""


def main(arguments: list[str]) -> int:
    session, scratch = os.environ["DOCS_SESSION_DIRECTORY"], os.environ["DOCS_SCRATCH_DIRECTORY"]
    (target,) = (argument for argument in arguments if not argument.startswith("-"))
    recipe = _recipe(target)
    if target in RUNS_FOR_MINUTES:
        assert RUNS_FOR_MINUTES[target] in recipe, recipe
        return 0
    if target in ("environment", "status"):
        return _run(recipe, session)
    if target == "up-detached":
        # With one service, because the whole suite is up for the session already.
        return _run(recipe, f"{scratch} --service identity")
    if target == "down":
        return _run(recipe, scratch)
    sys.stderr.write(f"make {target} stands in the documentation and is not tried: say in {__file__} how\n")
    return 2


def _recipe(target: str) -> str:
    """The last line that `make` would run."""
    told = subprocess.run(["/usr/bin/env", "make", "-n", target], cwd=ROOT, env=_environment(), capture_output=True, text=True, check=True)
    return told.stdout.strip().splitlines()[-1]


def _run(recipe: str, directory: str) -> int:
    python = ROOT / ".venv" / "bin" / "python"
    command = recipe if python.exists() else recipe.replace(".venv/bin/python", shlex.quote(sys.executable))
    return subprocess.run(f"{command} --directory {directory}", shell=True, cwd=ROOT, env=_environment(), check=False).returncode


def _environment() -> dict[str, str]:
    """Without this stand-in on the path."""
    beside = os.environ["DOCS_COMMANDS"]
    path = [entry for entry in os.environ["PATH"].split(os.pathsep) if entry != beside]
    return {**os.environ, "PATH": os.pathsep.join(path)}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
