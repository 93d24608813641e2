"""Every command of README.md and docs/*.md works as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.databases import DatabaseUrls
from deploy.local.environment import ServiceSurroundings, StripeAccess, service_environment
from deploy.local.stack import Stack
from tests.docs.blocks import INDENTED, ROOT, Block, all_blocks

BLOCKS = all_blocks()
COMMAND = re.compile(r"^\s*(\$|make|curl|python3?|pip|git|docker|kubectl|export|eval|source)\s", re.MULTILINE)
"""How a line begins that somebody may paste into a shell."""

SECONDS = 90


@pytest.fixture(scope="module")
def surroundings(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What a reader's shell has after `eval "$(make --silent environment)"`, with our own `make` and `python` first on the path."""
    commands, scratch = tmp_path_factory.mktemp("commands"), tmp_path_factory.mktemp("scratch")
    for name, line in {"make": f'"{sys.executable}" -m tests.docs.make "$@"', "python": f'"{sys.executable}" "$@"'}.items():
        path = commands / name
        path.write_text(f"#!/bin/sh\nexec {line}\n")
        path.chmod(0o755)
    environment = {
        # A `make test` around this one must not speak to the `make` of the blocks.
        **{name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")},
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'build' / 'python'}",
        "DOCS_COMMANDS": str(commands),
        "DOCS_SESSION_DIRECTORY": str(stack.layout.root),
        "DOCS_SCRATCH_DIRECTORY": str(scratch),
    }
    told = run('eval "$(make --silent environment)" && env', environment)
    exports = dict(line.split("=", 1) for line in told.splitlines() if line.startswith("BURSAR_"))
    assert exports["BURSAR_ACCESS_TOKEN"]
    yield {**environment, **exports}
    if (scratch / "stack.json").exists():
        run("make down", environment)


def run(script: str, environment: dict[str, str], shell: tuple[str, ...] = ("bash", "-euo", "pipefail", "-c")) -> str:
    """What it prints. AssertionError with all of it when it fails."""
    ended = subprocess.run([*shell, script], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert ended.returncode == 0, f"{script}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout


def bash(block: Block, surroundings: dict[str, str], stack: Stack) -> str:
    return run(block.text, surroundings)


def python(block: Block, surroundings: dict[str, str], stack: Stack) -> str:
    return run(block.text, surroundings, (sys.executable, "-c"))


def operators_command(block: Block, surroundings: dict[str, str], stack: Stack) -> str:
    """Lines such as `python -m services.checkout events …`, each with what the environment of that service holds."""
    said = ""
    for line in block.text.splitlines():
        named = re.match(r"python -m services\.(\w+) ", line)
        assert named, f"{block}: nobody executes {line!r}; put it into a bash block"
        said += run(line, {**surroundings, **_of_service(stack, named[1])})
    return said


EXECUTED: dict[str, Callable[[Block, dict[str, str], Stack], str]] = {"bash": bash, "python": python, INDENTED: operators_command}
PLAIN = {""}
"""Pictures and lists of folders."""


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language in EXECUTED], ids=str)
def test_a_block_of_the_documentation_works(block: Block, surroundings: dict[str, str], stack: Stack) -> None:
    EXECUTED[block.language](block, surroundings, stack)


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_no_block_goes_untried(block: Block) -> None:
    assert block.language in EXECUTED or block.language in PLAIN, f"nobody executes {block.language!r}"
    if block.language in PLAIN:
        assert not COMMAND.search(block.text), f"this looks like a command; say ```bash:\n{block.text}"


def test_there_are_blocks_of_every_kind() -> None:
    assert {block.language for block in BLOCKS} >= {"bash", "python"}
    assert len([block for block in BLOCKS if block.language in EXECUTED]) >= 6


def test_the_answers_of_the_first_calls_are_what_the_readme_promises(surroundings: dict[str, str], stack: Stack) -> None:
    curl = next(block for block in BLOCKS if block.document.name == "README.md" and "curl" in block.text)
    told = bash(curl, surroundings, stack)
    assert told.count('"name":"Editor"') >= 2, "the product is made, and listed"
    client = next(block for block in BLOCKS if block.document.name == "README.md" and block.language == "python")
    assert "Editor" in python(client, surroundings, stack)


def test_every_file_that_the_documentation_links_to_is_there() -> None:
    missing = []
    for document in {block.document for block in BLOCKS}:
        for target in re.findall(r"\]\(([^)#\s]+)\)", document.read_text()):
            if "://" not in target and not (document.parent / target).exists():
                missing.append(f"{document.name}: {target}")
    assert missing == []


def test_every_make_target_that_the_documentation_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        target
        for document in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"))
        for target in re.findall(r"`make (?:--silent )?([a-z-]+)`", document.read_text())
    }
    assert named
    assert named <= targets


def _of_service(stack: Stack, name: str) -> dict[str, str]:
    told = stack.description()
    service = told["services"][name]
    around = ServiceSurroundings(
        service=name,
        endpoint=stack.plan.endpoints[name],
        databases=DatabaseUrls(service["database_owner_url"], service["database_app_url"], service["database_url"]),
        nats_url=told["nats"]["url"],
        peers={peer: known["grpc"] for peer, known in told["services"].items()},
        key_file=stack.layout.secrets / f"{name}.pem",
        trust_file=stack.layout.secrets / "trust.json",
        stripe=StripeAccess("sk_test_local", "whsec_unused", told["simulator"]["url"]),
    )
    return {key: value for key, value in service_environment(around, {}).items() if key.startswith(("BURSAR_", "STRIPE_"))}


def test_the_stand_in_for_make_refuses_what_it_does_not_know(surroundings: dict[str, str]) -> None:
    with pytest.raises(AssertionError, match="is not tried"):
        run("make lint", surroundings)


def test_paths_of_the_documentation_are_there() -> None:
    named: set[Path] = set()
    for document in {block.document for block in BLOCKS}:
        named |= {
            Path(found) for found in re.findall(r"`((?:services|docs|deploy|tests|protos|benchmarks)/[\w./-]+)`", document.read_text())
        }
    assert [str(path) for path in sorted(named) if not (ROOT / path).exists()] == []
