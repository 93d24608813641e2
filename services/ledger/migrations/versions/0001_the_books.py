"""The books: accounts, balances, journal, entries, the chain of seals, and the only functions that write them."""

from __future__ import annotations

from pathlib import Path

from alembic import op

from services.chassis.migrate import roles_of
from services.chassis.schema import create_chassis_tables

revision = "0001"
down_revision = None

_SQL = Path(__file__).parents[1] / "sql"
_PARTS = ("tables", "guards", "accounts", "post", "seal", "as_of", "access")


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    roles = roles_of("ledger")
    create_chassis_tables(op, roles.app, roles.worker)
    for part in _PARTS:
        # By the driver itself: SQLAlchemy would read `:=` and `[low:high]` as parameters.
        connection.execute((_SQL / f"0001_{part}.sql").read_text())
