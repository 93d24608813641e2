"""Makes an installation's first operator token: the one that makes everything else."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from services.chassis.clock import Clock, SystemClock
from services.chassis.database import Database
from services.chassis.ids import new_id
from services.identity.domain import access_token as rules
from services.identity.domain.access_token import ALL_SCOPES, TokenRequest
from services.identity.domain.token_text import SECRET_BYTES, read_token
from services.identity.settings import IdentitySettings
from services.identity.storage.access_tokens import PresentedTokens, StoredAccessTokens


async def bootstrap(settings: IdentitySettings, token_file: Path | None) -> str:
    """An operator's token: the one in `token_file` if it is good, else a new one, which is written there."""
    kept = _read(token_file)
    database = Database(settings.database_worker_url, name="bursar-bootstrap", pool_size=1)
    await database.open()
    try:
        if kept and await _opens(kept, PresentedTokens(database), SystemClock()):
            return kept
        text = await _made(database, SystemClock())
    finally:
        await database.close()
    if token_file:
        _write_private(token_file, text)
    return text


def _read(path: Path | None) -> str:
    return path.read_text().strip() if path and path.exists() else ""


async def _opens(text: str, tokens: PresentedTokens, clock: Clock) -> bool:
    name = read_token(text)
    token = await tokens.find(name.id) if name and name.of_operator else None
    return token is not None and token.opens(text, clock.now())


async def _made(database: Database, clock: Clock) -> str:
    request = TokenRequest("bootstrap", (ALL_SCOPES,))
    token, text = rules.created(new_id(), None, request, secrets.token_bytes(SECRET_BYTES), clock.now())
    async with database.transaction() as transaction:
        await StoredAccessTokens(transaction).add(token)
    return text


def _write_private(path: Path, text: str) -> None:
    """Replace the file at once; nobody else may read it, also not for a moment."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{text}\n")
    fresh.replace(path)
