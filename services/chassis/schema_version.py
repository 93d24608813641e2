"""Whether a database is at the schema of the code."""

from __future__ import annotations

import psycopg
from alembic.script import ScriptDirectory

from services.chassis.database import Database
from services.chassis.migrate import VERSION_TABLE, configuration
from services.chassis.sql import Statement

_VERSION = Statement(f"select version_num from {VERSION_TABLE}")


async def pending(service: str, database: Database) -> bool:
    """Whether the database is not at the schema of the code: then the process is not ready.

    A database that is ahead counts as ready: versions only expand, and the newer code is being rolled out.
    """
    scripts = ScriptDirectory.from_config(configuration(service))
    known = {script.revision for script in scripts.walk_revisions()}
    try:
        async with database.transaction() as transaction:
            row = await transaction.one(_VERSION)
    except psycopg.errors.UndefinedTable:
        return True
    if row is None:
        return bool(known)
    return row["version_num"] in known and row["version_num"] != scripts.get_current_head()
