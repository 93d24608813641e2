"""The operators' verb: a table for people, an exit status for scripts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from deploy.local.layout import REPOSITORY
from deploy.local.stack import Stack


def test_the_command_says_what_holds_and_what_does_not(shared_stack: Stack) -> None:
    sound = _audit(shared_stack.layout.stack_file)
    assert "Every paid order is exactly one ledger transaction of its amount" in sound.stdout
    assert (sound.returncode, "BROKEN" in sound.stdout) == (0, False), sound.stdout + sound.stderr
    with _unanswered_request(shared_stack):
        broken = _audit(shared_stack.layout.stack_file)
    assert (broken.returncode, broken.stdout.count("BROKEN")) == (1, 1)


@pytest.mark.parametrize(("content", "words"), [(None, "no suite is running here"), ("{}", "is no file of `make up`")])
def test_without_a_suite_it_says_what_to_do(tmp_path: Path, content: str | None, words: str) -> None:
    file = tmp_path / "stack.json"
    if content is not None:
        file.write_text(content)
    answer = _audit(file)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert words in answer.stderr
    assert "Traceback" not in answer.stderr


def _audit(stack_file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.audit", "--stack-file", str(stack_file), "--wait", "20"]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def _unanswered_request(stack: Stack) -> Iterator[None]:
    """Something that is wrong and committed, for as long as it takes."""
    request_id = str(uuid4())
    with psycopg.connect(stack.description()["services"]["checkout"]["database_url"], autocommit=True) as checkout:
        checkout.execute(
            "insert into idempotency_request (organization_id, method, request_id, request_hash) values (gen_random_uuid(), 'x', %s, '')",
            [request_id],
        )
        try:
            yield
        finally:
            checkout.execute("delete from idempotency_request where request_id = %s", [request_id])
