"""A whole stack with real servers and stand-in services."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from deploy.local.layout import Layout
from deploy.local.nats import ephemeral_nats
from deploy.local.options import StackOptions
from deploy.local.plan import Outside
from deploy.local.postgres import ephemeral_postgres
from deploy.local.services import named
from deploy.local.stack import Stack
from deploy.local.supervisor import ProcessFailed
from tests.edge.contract import ROOT

pytestmark = pytest.mark.skipif(not (ROOT / "build" / "descriptors.pb").exists(), reason="`make protos` has not run")

SERVICES = ["identity", "ledger", "payments"]


def stand_in(service: str, verb: str) -> list[str]:
    return [sys.executable, str(Path(__file__).with_name("stand_in_program.py")), service, verb]


OPTIONS = StackOptions(command=stand_in, provision=False, keep_data=False)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack.start(tmp_path_factory.mktemp("stack"), SERVICES, OPTIONS) as started:
        yield started


def heal(stack: Stack, name: str) -> float:
    """Kills it, waits until it is ready with another pid, returns the seconds it took."""
    killed, began = stack.process(name), time.monotonic()
    stack.kill(name)
    deadline = began + 15
    while time.monotonic() < deadline:
        try:
            if stack.process(name).pid != killed.pid:
                stack.wait_ready(name)
                return time.monotonic() - began
        except LookupError:
            pass
        time.sleep(0.02)
    raise AssertionError(f"{name} did not come back")


def test_stack_json_tells_where_everything_is(stack: Stack) -> None:
    written = json.loads(stack.layout.stack_file.read_text())
    assert written == stack.description()
    assert stack.layout.stack_file.stat().st_mode & 0o077 == 0
    assert httpx.get(f"{written['edge']['http']}/healthz").status_code == 200
    assert written["services"]["ledger"]["pid"] == stack.process("ledger").pid


def test_a_service_has_a_database_that_other_roles_cannot_read(stack: Stack) -> None:
    services = stack.description()["services"]
    with psycopg.connect(services["ledger"]["database_app_url"]) as app:
        assert app.execute("select count(*) from note").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("create table other (id bigint)")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(services["identity"]["database_app_url"], dbname="bursar_ledger")


@pytest.mark.parametrize("name", ["ledger", "identity-authorize", "nats", "edge", "simulator"])
def test_a_killed_process_is_healed(stack: Stack, name: str) -> None:
    assert heal(stack, name) < 10
    assert stack.process(name).restarts == 1


def test_postgres_is_healed_with_its_data(stack: Stack) -> None:
    owner = stack.description()["services"]["ledger"]["database_owner_url"]
    with psycopg.connect(owner) as connection:
        connection.execute("insert into note values (1) on conflict do nothing")
    assert heal(stack, "postgres") < 10
    with psycopg.connect(owner) as connection:
        assert connection.execute("select id from note").fetchall() == [(1,)]
        assert connection.execute("show fsync").fetchone() == ("on",)


def test_a_restart_keeps_ports_and_stack_json_learns_the_pid(stack: Stack) -> None:
    before = stack.description()["services"]["ledger"]
    stack.restart("ledger")
    after = json.loads(stack.layout.stack_file.read_text())["services"]["ledger"]
    assert after == {**before, "pid": stack.process("ledger").pid}
    assert after["pid"] != before["pid"]


def test_a_paused_process_is_there_and_silent(stack: Stack) -> None:
    stack.pause("postgres")
    try:
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(stack.description()["postgres"]["admin_url"], connect_timeout=1)
    finally:
        stack.resume("postgres")
    with psycopg.connect(stack.description()["postgres"]["admin_url"]) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_a_stack_that_does_not_come_up_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    broken = replace(OPTIONS, extra_environment={"ledger": {"STAND_IN_FAILS": "migrate"}})
    with pytest.raises(ProcessFailed) as failed:
        Stack.start(tmp_path, SERVICES, broken)
    assert "the migration of ledger ended with status 1" in str(failed.value)
    assert "the moon is in the wrong phase" in str(failed.value)
    left = [process for process in psutil.process_iter(["cmdline"]) if str(tmp_path) in " ".join(process.info["cmdline"] or [])]
    assert left == []
    assert list((tmp_path / "pids").iterdir()) == []


def test_existing_servers_are_used_instead_of_own_ones(tmp_path: Path) -> None:
    with ephemeral_postgres() as database_url, ephemeral_nats() as nats_url:
        outside = Outside(database_url=database_url, nats_url=nats_url)
        with Stack.start(tmp_path, ["ledger"], replace(OPTIONS, outside=outside)) as stack:
            assert stack.processes() == ["ledger"]
            assert stack.description()["nats"] == {"url": nats_url, "monitor": None}


def test_real_money_is_refused() -> None:
    with pytest.raises(ValueError, match="not a test key"):
        Outside.of({"STRIPE_SECRET_KEY": "sk_live_1"})
    assert Outside.of({"STRIPE_SECRET_KEY": "sk_test_local"}).stripe_key is None


def test_data_and_secrets_outlive_a_stack_that_keeps_them(tmp_path: Path) -> None:
    keeping = replace(OPTIONS, keep_data=True)
    with Stack.start(tmp_path, ["ledger"], keeping) as stack:
        first = stack.description()["services"]["ledger"]["database_owner_url"]
        with psycopg.connect(first) as connection:
            connection.execute("insert into note values (7)")
    with Stack.start(tmp_path, ["ledger"], replace(OPTIONS, keep_data=False)) as stack:
        second = stack.description()["services"]["ledger"]["database_owner_url"]
        with psycopg.connect(second) as connection:
            assert connection.execute("select id from note").fetchall() == [(7,)]
    assert first.split("@")[0] == second.split("@")[0]
    assert not (tmp_path / "data").exists()


def test_an_unknown_service_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown services: billing"):
        named(["ledger", "billing"])


def test_the_command_line_starts_and_stops_a_detached_stack(tmp_path: Path) -> None:
    """With no service there is only PostgreSQL and NATS to wait for, so the command itself is what is tested."""

    def local(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "deploy.local", *arguments, "--directory", str(tmp_path)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)

    failed = local("up", "--detach", "--service", "nothing")
    assert failed.returncode == 1
    assert "unknown services: nothing" in failed.stdout
    assert local("status").returncode == 1
    assert local("down").returncode == 0


def test_ctrl_c_while_it_starts_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deploy.local", "up", "--directory", str(tmp_path)]
    starting = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 15
    while not (tmp_path / "pids" / "postgres.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    starting.send_signal(signal.SIGINT)
    starting.communicate(timeout=30)
    Layout(tmp_path).wipe()
    assert list((tmp_path / "pids").iterdir()) == []
