"""The wall between organizations, migrations one at a time, and forgetting."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from services.chassis import schema_version
from services.chassis.ids import new_id
from services.chassis.migrate import migrate
from services.chassis.retention import prune
from services.chassis.schema_version import pending
from services.chassis.sql import Statement
from services.chassis.tests.conftest import create_tables
from services.chassis.tests.facts import ORGANIZATION, added, commit, waiting
from tests.support.databases import Cluster, ServiceDatabase, opened

_INSERT = Statement("insert into counter values (%(organization_id)s, %(counter_id)s, 1, 1)")
_SEEN = Statement("select counter_id from counter")
_OUTBOX = Statement("select version from outbox order by version")
_AGE = Statement("update outbox set stored_at = now() - interval '36 days' where version <= 2")
_STRIKE = Statement("delete from outbox_pending where position in (select position from outbox where version <> 2)")
_VERSION = '''"""Why."""

from alembic import op

revision = "{number}"
down_revision = {before!r}


def upgrade() -> None:
    op.execute("create table made_{number} (id int)")
'''


async def test_the_app_role_sees_and_writes_one_organization(database: ServiceDatabase) -> None:
    theirs, ours = new_id(), new_id()
    async with database.worker.transaction() as transaction:
        await transaction.execute(_INSERT, organization_id=theirs, counter_id=new_id())
    async with database.app.transaction(ours) as transaction:
        assert await transaction.all(_SEEN) == []
    async with database.app.transaction() as transaction:
        assert await transaction.all(_SEEN) == []
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await _insert(database, scope=ours, organization=theirs)
    await _insert(database, scope=ours, organization=ours)
    async with database.worker.transaction() as transaction:
        assert len(await transaction.all(_SEEN)) == 2


async def test_the_app_role_publishes_for_its_organization_only(database: ServiceDatabase) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with database.app.transaction(new_id()) as transaction:
            transaction.publish(added(new_id(), 1))
    assert await waiting(database.worker) == 0


async def test_old_facts_are_dropped_but_never_one_that_still_waits(database: ServiceDatabase) -> None:
    await commit(database.app, *(added(new_id(), version) for version in range(1, 5)))
    with psycopg.connect(database.urls.admin, autocommit=True) as admin:
        admin.execute(_AGE.text)
        admin.execute(_STRIKE.text)
    assert await prune(database.worker) == 1
    async with database.app.transaction(ORGANIZATION) as transaction:
        assert [row["version"] for row in await transaction.all(_OUTBOX)] == [2, 3, 4]


async def test_migrations_run_once_whoever_starts_them(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = tmp_path / "chassis_test" / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions.parent / "env.py").write_text("from services.chassis.migrate import run_migrations\n\nrun_migrations()\n")
    (versions / "0001_first.py").write_text(_VERSION.format(number="0001", before=None))
    monkeypatch.setattr(schema_version, "SERVICES", tmp_path)
    urls = cluster.create("chassis_test", migrate=create_tables)
    async with opened(urls) as both:
        assert await pending("chassis_test", both.app)
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda _: migrate("chassis_test", urls.owner), range(3)))
        assert not await pending("chassis_test", both.app)
        (versions / "0002_second.py").write_text(_VERSION.format(number="0002", before="0001"))
        assert await pending("chassis_test", both.worker)
        migrate("chassis_test", urls.owner)
        assert not await pending("chassis_test", both.worker)
        (versions / "0002_second.py").unlink()
        assert not await pending("chassis_test", both.worker), "a database that is ahead is ready"
    cluster.drop(urls)


async def _insert(database: ServiceDatabase, *, scope: UUID, organization: UUID) -> None:
    async with database.app.transaction(scope) as transaction:
        await transaction.execute(_INSERT, organization_id=organization, counter_id=new_id())
