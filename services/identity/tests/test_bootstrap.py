"""The first operator token."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from services.identity.bootstrap import bootstrap
from services.identity.domain.token_text import read_token
from services.identity.settings import IdentitySettings
from services.identity.storage.access_tokens import PresentedTokens
from services.identity.tests.builders import NOW
from tests.support.databases import ServiceDatabase


@pytest.fixture
def settings(database: ServiceDatabase, tmp_path: Path) -> IdentitySettings:
    values: dict[str, Any] = {
        "service": "identity",
        "database_url": database.urls.app,
        "database_worker_url": database.urls.worker,
        "identity_key_file": tmp_path / "identity.pem",
        "identity_trust_file": tmp_path / "trust.json",
    }
    return IdentitySettings(**values)


async def test_it_makes_an_operators_token_each_time(settings: IdentitySettings, database: ServiceDatabase) -> None:
    texts = {await bootstrap(settings, None) for _ in range(2)}
    assert len(texts) == 2
    for text in texts:
        name = read_token(text)
        assert name is not None
        token = await PresentedTokens(database.worker).find(name.id)
        assert token is not None
        assert (token.organization_id, token.opens(text, NOW)) == (None, True)


async def test_with_a_file_it_keeps_the_token_while_it_is_good(
    settings: IdentitySettings, database: ServiceDatabase, tmp_path: Path
) -> None:
    file = tmp_path / "operator"
    first = await bootstrap(settings, file)
    assert await bootstrap(settings, file) == first
    assert (file.read_text().strip(), stat.S_IMODE(file.stat().st_mode)) == (first, 0o600)
    async with database.worker.connection() as connection:
        await connection.execute("update access_token set revoked_at = now()")
    second = await bootstrap(settings, file)
    assert second != first
    assert file.read_text().strip() == second
    file.write_text("nonsense")
    assert await bootstrap(settings, file) not in {first, second}
