"""Posting against the oracle, and the mistakes that these properties must catch."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from psycopg import AsyncConnection

import services.ledger
from services.chassis.arrays import adapt
from services.ledger.domain.posting import Posted
from services.ledger.storage.accounts import AccountRegistry
from services.ledger.storage.audit import audit
from services.ledger.storage.post import POST, post
from services.ledger.storage.prepared import arrays, prepare
from services.ledger.tests.builders import clearing, payable, transfer
from services.ledger.tests.posting_machine import QUICK, PostingMachine
from tests.support.databases import Cluster, ServiceUrls, opened

_POST_SQL = Path(services.ledger.__file__).parent / "migrations" / "sql" / "0001_post.sql"
_LOCK = "perform lock_books();"
Mutation = tuple[tuple[str, str], ...]

BOUND_AT_BATCH_END: Mutation = ((" over on_account is distinct from l.transaction", " over on_account is null"),)
CURRENCY_NOT_MATCHED: Mutation = ((" and b.currency = t.currency", ""),)
HASH_NOT_COMPARED: Mutation = (("when j.request_hash = k.hash then 2", "when true then 2"),)
IDS_BEFORE_LOCK: Mutation = (
    (_LOCK, f"previous_id := (select coalesce(max(id), 0) from journal); {_LOCK}"),
    ("previous_id := (select coalesce(max(id), 0) from journal) - low + 1;", "previous_id := previous_id - low + 1;"),
)
NO_LOCK: Mutation = ((_LOCK, ""),)


def machine(cluster: Cluster, mutation: Mutation = ()) -> type[PostingMachine]:
    """The machine on databases of its own, whose `post` has the mutation."""

    def create() -> ServiceUrls:
        urls = cluster.create("ledger")
        mutate(urls, mutation)
        return urls

    return type("Machine", (PostingMachine,), {"create": staticmethod(create), "drop": staticmethod(cluster.drop)})


def mutate(urls: ServiceUrls, mutation: Mutation) -> None:
    """Replace `post` by one with a mistake in it."""
    text = _POST_SQL.read_text().replace("create function", "create or replace function")
    for right, wrong in mutation:
        assert right in text
        text = text.replace(right, wrong)
    with psycopg.connect(urls.owner, autocommit=True) as owner:
        owner.execute(text.encode())


def test_every_answer_and_every_row_is_the_oracles(cluster: Cluster) -> None:
    run_state_machine_as_test(machine(cluster), settings=QUICK)


@pytest.mark.faults
@pytest.mark.timeout(900)
def test_every_answer_and_every_row_is_the_oracles_for_long(cluster: Cluster) -> None:
    run_state_machine_as_test(machine(cluster), settings=settings(QUICK, max_examples=60, stateful_step_count=50))


@pytest.mark.parametrize("mutation", [BOUND_AT_BATCH_END, HASH_NOT_COMPARED], ids=["bound", "hash"])
def test_the_properties_catch(cluster: Cluster, mutation: Mutation) -> None:
    with pytest.raises((AssertionError, psycopg.Error, ExceptionGroup)):
        run_state_machine_as_test(machine(cluster, mutation), settings=settings(QUICK, max_examples=60, report_multiple_bugs=False))


async def test_a_leg_in_another_currency_than_its_accounts_is_refused_alone(cluster: Cluster) -> None:
    urls = cluster.create("ledger")
    await another_currency(urls)
    cluster.drop(urls)


async def test_a_leg_in_another_currency_catches(cluster: Cluster) -> None:
    urls = cluster.create("ledger")
    mutate(urls, CURRENCY_NOT_MATCHED)
    with pytest.raises(AssertionError):
        await another_currency(urls)
    cluster.drop(urls)


async def test_lanes_beside_each_other_neither_deadlock_nor_leave_gaps(cluster: Cluster) -> None:
    urls = cluster.create("ledger")
    await lanes_beside_each_other(urls)
    cluster.drop(urls)


@pytest.mark.parametrize("mutation", [IDS_BEFORE_LOCK, NO_LOCK], ids=["ids before lock", "no lock"])
async def test_lanes_beside_each_other_catch(cluster: Cluster, mutation: Mutation) -> None:
    urls = cluster.create("ledger")
    mutate(urls, mutation)
    with pytest.raises((AssertionError, psycopg.Error)):
        await lanes_beside_each_other(urls)
    cluster.drop(urls)


async def another_currency(urls: ServiceUrls) -> None:
    """A leg that calls an account in euros one in dollars touches nothing; its neighbour in the batch is posted."""
    async with opened(urls) as database, await AsyncConnection.connect(urls.worker, autocommit=True) as connection:
        adapt(connection)
        wrong = replace(payable(currency="eur"), currency="usd")
        batch = [transfer(credit=payable(currency="eur"), debit=clearing("eur")), transfer(credit=wrong)]
        registry = AccountRegistry(database.worker)
        await registry.ids(batch[:1])
        ids = await registry.ids(batch)
        parameters = arrays([prepare(posting, ids) for posting in batch])
        row = await (await connection.execute(POST, parameters)).fetchone()
        assert row is not None
        assert row[1][0] == 1
        assert row[1][1] in (6, 7)


async def lanes_beside_each_other(urls: ServiceUrls, *, lanes: int = 5, rounds: int = 25) -> None:
    """Lanes post batches over the same accounts in random order; everything is posted once and the books are sound."""
    async with opened(urls) as database, AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(await AsyncConnection.connect(urls.worker, autocommit=True)) for _ in range(lanes)]
        registry = AccountRegistry(database.worker)
        await asyncio.gather(*(_lane(connection, registry, seed, rounds) for seed, connection in enumerate(connections)))
        found = await audit(database.worker)
    assert found.findings == []
    assert found.transactions_checked == lanes * rounds * 4


async def _lane(connection: AsyncConnection[tuple[object, ...]], registry: AccountRegistry, seed: int, rounds: int) -> None:
    adapt(connection)
    random_order = random.Random(seed)
    accounts = [clearing(), payable(), clearing("eur"), payable(currency="eur")]
    for _ in range(rounds):
        batch = []
        for currency in random_order.sample(["usd", "eur", "usd", "eur"], 4):
            debit, credit = random_order.sample([each for each in accounts if each.currency == currency], 2)
            batch.append(transfer(random_order.randint(1, 99), debit=debit, credit=credit))
        ids = await registry.ids(batch)
        results = await post(connection, [prepare(posting, ids) for posting in batch])
        assert all(isinstance(result, Posted) and not result.replayed for result in results)
