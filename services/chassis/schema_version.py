"""Whether a database is at the schema of the code. Reads the migrations' names only, so that a service need not load Alembic."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import psycopg

from services.chassis.database import Database
from services.chassis.sql import Statement

SERVICES = Path(__file__).parents[1]
VERSION_TABLE = "schema_version"
_VERSION = Statement(f"select version_num from {VERSION_TABLE}")
_NAMES = re.compile(r"^(revision|down_revision)\b[^=]*= [\"']([^\"']+)[\"']", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions that the code knows, and the newest of them."""

    known: frozenset[str]
    newest: str | None


def versions(service: str) -> Versions:
    """Those in `services/<service>/migrations/versions`."""
    known: set[str] = set()
    followed: set[str] = set()
    for path in migrations_folder(service).glob("versions/*.py"):
        for name, version in _NAMES.findall(path.read_text()):
            (known if name == "revision" else followed).add(version)
    heads = known - followed
    if len(heads) > 1:
        raise RuntimeError(f"the migrations of {service} fork: {', '.join(sorted(heads))}")
    return Versions(frozenset(known), next(iter(heads), None))


def migrations_folder(service: str) -> Path:
    """Where a service keeps its migrations."""
    return SERVICES / service / "migrations"


async def pending(service: str, database: Database) -> bool:
    """Whether the database is not at the schema of the code: then the process is not ready.

    A database that is ahead counts as ready: versions only expand, and the newer code is being rolled out.
    """
    code = versions(service)
    try:
        async with database.transaction() as transaction:
            row = await transaction.one(_VERSION)
    except psycopg.errors.UndefinedTable:
        return True
    if row is None:
        return bool(code.known)
    return row["version_num"] in code.known and row["version_num"] != code.newest
