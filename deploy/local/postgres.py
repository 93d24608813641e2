"""A real PostgreSQL from the wheel: the stack's durable cluster, and throw-away clusters for tests."""

import secrets
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType

from deploy.local.account import Account, postgres_account, reachable_installation
from deploy.local.lifeline import tied_command
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.throwaway import started
from deploy.local.wheels import postgres_binary

ADMIN = "postgres"
READY_SECONDS = 15.0
PORT_ATTEMPTS = 5

# Sound on a laptop with two cores; what is committed stays committed.
DURABLE: Mapping[str, str] = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "256MB",
    "max_connections": "200",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "effective_io_concurrency": "32",
    "idle_in_transaction_session_timeout": "60s",
    "autovacuum_naptime": "15s",
    "max_parallel_workers_per_gather": "0",
}

# Fast, and gone with the machine: for tests only.
THROW_AWAY: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "autovacuum": "off",
    "max_parallel_workers_per_gather": "0",
    "scram_iterations": "1",  # connections are opened by the thousand, and the passwords open nothing
}


class PostgresFailed(RuntimeError):
    """PostgreSQL could not be made or did not come up; the message ends with what it said."""


@contextmanager
def ephemeral_postgres(settings: Mapping[str, str] = THROW_AWAY) -> Iterator[str]:
    """A cluster in a temporary directory, gone afterwards. Yields `postgresql://` URL of its superuser."""
    cluster_prefix = "bursar-postgres-"
    with tempfile.TemporaryDirectory(prefix=cluster_prefix, ignore_cleanup_errors=True) as parent:
        directory = Path(parent) / "data"
        account = postgres_account()
        account.own(Path(parent))
        password = secrets.token_urlsafe(16)
        initialise(directory, password=password, account=account, settings=settings)
        server, port = _start_on_free_port(directory, settings, account, Path(parent) / "log")
        try:
            yield admin_url(port, password)
        finally:
            server.send_signal(signal.SIGQUIT)  # at once and without a checkpoint: nothing is kept
            server.wait(READY_SECONDS)


def admin_url(port: int, password: str, database: str = "postgres") -> str:
    return f"postgresql://{ADMIN}:{password}@{LOOPBACK}:{port}/{database}"


def initialise(directory: Path, *, password: str, account: Account, settings: Mapping[str, str] = MappingProxyType({})) -> None:
    """Makes a cluster: UTF-8, code point order, Unicode-aware `lower()`; its superuser has the password. `settings` hold from then on."""
    account.own(directory)
    with tempfile.NamedTemporaryFile("w", prefix="bursar-", suffix=".password") as password_file:
        password_file.write(password)
        password_file.flush()
        account.take(Path(password_file.name))
        arguments = ["-D", str(directory), f"--username={ADMIN}", "--auth=scram-sha-256"]
        arguments += [f"--pwfile={password_file.name}", "--encoding=UTF8", "--no-locale"]
        arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        # The running cluster syncs; only its making does not, since a half-made one is made again.
        arguments += ["--no-sync", "--no-instructions"]
        arguments += [f"--set={name}={value}" for name, value in settings.items()]
        initdb = [str(_binary("initdb", account)), *arguments]
        made = subprocess.run(
            tied_command(initdb, stop_signal=signal.SIGTERM, uid=account.uid, gid=account.gid),
            cwd="/",
            capture_output=True,
            text=True,
        )
    if made.returncode != 0:
        raise PostgresFailed(f"initdb failed:\n{made.stdout}{made.stderr}")


def command(directory: Path, port: int, settings: Mapping[str, str], account: Account) -> list[str]:
    """The command line of a server that listens on loopback only and makes no Unix socket."""
    fixed = {"listen_addresses": LOOPBACK, "port": str(port), "unix_socket_directories": ""}
    options = [f"--{name}={value}" for name, value in {**fixed, **settings}.items()]
    return [str(_binary("postgres", account)), "-D", str(directory), *options]


def accepts_connections(directory: Path, pid: int) -> bool:
    """True when the server of that pid says so in its pid file; a dead predecessor's file does not count."""
    try:
        lines = (directory / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def _binary(name: str, account: Account) -> Path:
    return reachable_installation(postgres_binary(name).parent, account) / name


def _start_on_free_port(directory: Path, settings: Mapping[str, str], account: Account, log: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Somebody else may take a free port before PostgreSQL does: then the next one is tried."""
    for _ in range(PORT_ATTEMPTS):
        port = free_port()
        plain = command(directory, port, settings, account)
        ready = partial(accepts_connections, directory)
        server = started(plain, log, ready, READY_SECONDS, stop_signal=signal.SIGQUIT, account=account)
        if server is not None:
            return server, port
    raise PostgresFailed(f"PostgreSQL did not come up:\n{log.read_text(errors='replace')}")
