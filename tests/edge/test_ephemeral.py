"""Throw-away servers, and where PostgreSQL is run from when its account cannot walk to it."""

import os
import shutil
from pathlib import Path

import nats
import psycopg
import pytest

from deploy.local.account import Account, open_to_others, reachable_installation
from deploy.local.nats import ephemeral_nats
from deploy.local.postgres import ephemeral_postgres

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root switches accounts")


def test_an_ephemeral_postgres_knows_unicode_and_is_gone_afterwards() -> None:
    with ephemeral_postgres() as url, psycopg.connect(url) as connection:
        assert connection.execute("select lower('ÄÉ'), current_setting('fsync')").fetchone() == ("äé", "off")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=1)


async def test_an_ephemeral_nats_has_jetstream() -> None:
    with ephemeral_nats() as url:
        client = await nats.connect(url)
        stream = client.jetstream()
        await stream.add_stream(name="EVENTS", subjects=["events.>"])
        assert (await stream.publish("events.order.paid.1", b"fact")).seq == 1
        await client.close()


@pytest.fixture
def closed_installation(tmp_path: Path) -> Path:
    """Binaries below a directory that is closed to others."""
    tmp_path.chmod(0o700)
    binaries = tmp_path / f"installation-{tmp_path.name}" / "bin"
    binaries.mkdir(parents=True)
    (binaries / "postgres").write_text("#!/bin/sh\n")
    return binaries


@AS_ROOT
def test_a_closed_installation_is_copied_once_for_another_account(closed_installation: Path) -> None:
    account = Account(uid=65534, gid=65534)
    copy = reachable_installation(closed_installation, account)
    try:
        assert open_to_others(copy / "postgres")
        assert (copy / "postgres").read_text() == "#!/bin/sh\n"
        assert reachable_installation(closed_installation, account) == copy
    finally:
        shutil.rmtree(copy.parent)


@AS_ROOT
def test_a_copy_that_somebody_else_put_there_is_refused(closed_installation: Path) -> None:
    account = Account(uid=65534, gid=65534)
    copy = reachable_installation(closed_installation, account).parent
    try:
        os.chown(copy, 65534, 65534)
        with pytest.raises(PermissionError, match="made by somebody else"):
            reachable_installation(closed_installation, account)
    finally:
        shutil.rmtree(copy)


def test_our_own_account_uses_the_installation_as_it_is(closed_installation: Path) -> None:
    assert reachable_installation(closed_installation, Account()) == closed_installation
