"""Access tokens in PostgreSQL. Which of them a caller sees is decided by the role and scope of the transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from services.chassis.database import Database, Row, Transaction
from services.chassis.pagination import Page, paged
from services.chassis.sql import bulk_update, compile_statement
from services.identity.domain.access_token import AccessToken
from services.identity.storage.tables import access_token as table

_BY_ID = select(table).where(table.c.id == bindparam("id"))
_GET = compile_statement(_BY_ID)
_LOCK = compile_statement(_BY_ID.with_for_update())
_ADD = compile_statement(insert(table).values({column.name: bindparam(column.name) for column in table.columns}))
_SAVE = compile_statement(
    update(table)
    .where(table.c.id == bindparam("token_id"))
    .values(revoked_at=bindparam("revoked_at"), modified_at=bindparam("modified_at"))
)
# Several processes tell of the same hour; only the first of them writes.
_USED = bulk_update(
    table,
    key=("id",),
    columns=("last_used_at",),
    suffix="and (access_token.last_used_at is null or access_token.last_used_at < u.last_used_at)",
)


class StoredAccessTokens:
    """The access tokens that one transaction sees."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, token: AccessToken) -> None:
        await self._transaction.execute(_ADD, **token_to_row(token))

    async def lock(self, token_id: UUID) -> AccessToken | None:
        """Read it, and keep others from changing it until the transaction ends."""
        row = await self._transaction.one(_LOCK, id=token_id)
        return row_to_token(row) if row else None

    async def save(self, token: AccessToken) -> None:
        """Store a revocation; nothing else of a token changes."""
        await self._transaction.execute(_SAVE, token_id=token.id, revoked_at=token.revoked_at, modified_at=token.modified_at)

    async def page(self, organization_id: UUID, page: Page) -> tuple[list[AccessToken], str]:
        """One page of an organization's tokens, and the token of the next page."""
        query = select(table).where(table.c.organization_id == organization_id)
        rows = await self._transaction.all(compile_statement(paged(query, page, table.c.created_at, table.c.id)))
        return [row_to_token(row) for row in rows[: page.size]], page.next_token(rows)


class PresentedTokens:
    """What the authorizer asks of the database, in single statements, for tokens of all organizations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, token_id: UUID) -> AccessToken | None:
        async with self._database.connection() as connection:
            cursor = await connection.execute(_GET.text, _GET.parameters({"id": token_id}))
            row = await cursor.fetchone()
        return row_to_token(row) if row else None

    async def record_use(self, hours: Mapping[UUID, datetime]) -> None:
        """Note in which hour each token was used last."""
        rows = [{"id": token_id, "last_used_at": hour} for token_id, hour in sorted(hours.items())]
        async with self._database.connection() as connection:
            await connection.execute(_USED.text, _USED.parameters(rows))


def token_to_row(token: AccessToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "organization_id": token.organization_id,
        "comment": token.comment,
        "scopes": list(token.scopes),
        "secret_hash": token.secret_hash,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
        "last_used_at": token.last_used_at,
        "created_at": token.created_at,
        "modified_at": token.modified_at,
    }


def row_to_token(row: Row | Mapping[str, Any]) -> AccessToken:
    return AccessToken(
        id=row["id"],
        organization_id=row["organization_id"],
        comment=row["comment"],
        scopes=tuple(row["scopes"]),
        secret_hash=bytes(row["secret_hash"]),
        created_at=row["created_at"],
        modified_at=row["modified_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        last_used_at=row["last_used_at"],
    )
