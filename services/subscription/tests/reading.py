"""What a database holds at the end of a test."""

from __future__ import annotations

from uuid import UUID

from services.chassis.database import Database
from services.subscription.domain.entry import BillingEntry
from services.subscription.domain.subscription import Subscription
from services.subscription.storage.entry_rows import row_to_entry
from services.subscription.storage.rows import row_to_subscription


async def all_subscriptions(database: Database) -> dict[UUID, Subscription]:
    """Every subscription by its id."""
    async with database.connection() as connection:
        rows = await (await connection.execute("select * from subscription")).fetchall()
    return {row["id"]: row_to_subscription(row) for row in rows}


async def all_entries(database: Database) -> list[BillingEntry]:
    """Every billing entry, oldest first."""
    async with database.connection() as connection:
        rows = await (await connection.execute("select * from billing_entry order by created_at, id")).fetchall()
    return [row_to_entry(row) for row in rows]


async def payloads_of(database: Database, fact: str) -> list[bytes]:
    """What the facts of one type say, in their order."""
    async with database.connection() as connection:
        rows = await (await connection.execute("select payload from outbox where type = %s order by position", [fact])).fetchall()
    return [bytes(row["payload"]) for row in rows]


async def facts_of(database: Database) -> dict[UUID, list[tuple[str, int]]]:
    """The facts of each subscription in their order: what happened, and the version."""
    async with database.connection() as connection:
        rows = await (await connection.execute("select subject_id, type, version from outbox order by position")).fetchall()
    found: dict[UUID, list[tuple[str, int]]] = {}
    for row in rows:
        found.setdefault(row["subject_id"], []).append((row["type"].removeprefix("subscription."), row["version"]))
    return found


def in_order(*facts: str, first: int = 1) -> list[tuple[str, int]]:
    """Facts with the versions that follow each other."""
    return [(fact, version) for version, fact in enumerate(facts, first)]
