"""An audit finds what somebody with all rights did to the books."""

from __future__ import annotations

import random

import psycopg
import pytest

from services.chassis.clock import ManualClock
from services.ledger.storage.accounts import AccountRegistry
from services.ledger.storage.audit import audit
from services.ledger.storage.books import TransactionBooks
from services.ledger.storage.seals import seal
from services.ledger.tests.builders import NOW, OTHER_ORGANIZATION, payable, transfer
from services.ledger.watch import audit_books, check_balances
from tests.support.databases import ServiceDatabase


async def some_books(database: ServiceDatabase, registry: AccountRegistry, *, rounds: int = 3) -> None:
    """Rounds of ten transactions, each sealed."""
    for _ in range(rounds):
        async with database.worker.transaction() as transaction:
            batch = [transfer(amount, credit=payable(OTHER_ORGANIZATION) if amount % 2 else payable()) for amount in range(1, 11)]
            await TransactionBooks(transaction, registry).post(batch)
        await seal(database.worker)


def tamper(database: ServiceDatabase, statement: str) -> None:
    with psycopg.connect(database.urls.admin, autocommit=True) as admin:
        admin.execute("set session_replication_role = replica")
        admin.execute(statement.encode())


async def test_sound_books_have_no_findings(database: ServiceDatabase, registry: AccountRegistry) -> None:
    await some_books(database, registry)
    found = await audit(database.worker)
    assert (found.sound, found.transactions_checked, found.entries_checked, found.batches_checked) == (True, 30, 60, 3)


async def test_empty_books_are_sound(database: ServiceDatabase) -> None:
    assert (await audit(database.worker)).sound


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("update entry set amount = amount + 1 where transaction_id = 15 and line = 1", "transaction 15 does not add up to 0"),
        ("update entry set balance_after_amount = 0 where transaction_id = 15 and line = 1", "does not follow from the one before"),
        ("delete from entry where transaction_id = 15 and line = 2", "transaction 15 does not add up to 0"),
        ("delete from entry where transaction_id = 15", "transaction 15 is missing or incomplete"),
        ("delete from journal where id = 15", "transaction 15 is missing or incomplete"),
        ("delete from entry where transaction_id = 30; delete from journal where id = 30", "seal 3 of transactions 21 to 30"),
        ("update journal set posted_at = posted_at + interval '1 second' where id = 15", "seal 2 of transactions 11 to 20 does not match"),
        ("update journal set idempotency_key = 'x' where id = 15", "seal 2 of transactions 11 to 20 does not match"),
        ("update balance set debit_amount = debit_amount + 1, credit_amount = credit_amount + 1", "is not the sum of its entries"),
        ("update balance set debit_amount = debit_amount + 1 where account_id = 1", "the balances in usd add up to 1"),
        ("delete from balance where account_id = 1", "is missing"),
        ("update seal set hash = '\\x00' where id = 2", "seal 2 of transactions 11 to 20 does not match"),
        ("delete from seal where id = 2", "seal 3 of transactions 21 to 30 does not continue the chain"),
        ("update entry set sequence = sequence + 100 where transaction_id = 30", "does not follow from the one before"),
    ],
)
async def test_an_audit_finds(database: ServiceDatabase, registry: AccountRegistry, statement: str, finding: str) -> None:
    await some_books(database, registry)
    tamper(database, statement)
    assert any(finding in each for each in (await audit(database.worker)).findings)


async def test_any_changed_byte_of_any_entry_breaks_the_chain_at_its_seal(database: ServiceDatabase, registry: AccountRegistry) -> None:
    await some_books(database, registry)
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    victim = chance.randint(1, 30)
    column = chance.choice(["amount", "balance_after_amount", "account_id", "sequence", "line"])
    tamper(database, f"update entry set {column} = {column} + 1000 where transaction_id = {victim} and line = 2")
    first = (victim - 1) // 10 + 1
    bad = [each for each in (await audit(database.worker)).findings if each.startswith("seal")]
    assert bad[0].startswith(f"seal {first} "), f"seed {seed}"


@pytest.mark.parametrize("slice_size", [1, 7, 29])
async def test_accounts_longer_than_a_slice_are_checked_whole(
    database: ServiceDatabase, registry: AccountRegistry, slice_size: int
) -> None:
    await some_books(database, registry)
    assert (await audit(database.worker, slice_size=slice_size)).findings == []
    tamper(database, "update entry set balance_after_amount = balance_after_amount + 1 where transaction_id = 22 and line = 1")
    assert any("does not follow" in each for each in (await audit(database.worker, slice_size=slice_size)).findings)


async def test_findings_are_published(database: ServiceDatabase, registry: AccountRegistry) -> None:
    await some_books(database, registry)
    clock = ManualClock(NOW)
    await check_balances(database.worker, clock)
    tamper(database, "update balance set debit_amount = debit_amount + 7 where account_id = 1")
    await check_balances(database.worker, clock)
    await audit_books(database.worker, clock)
    async with database.worker.connection() as connection:
        rows = await (await connection.execute("select type from outbox")).fetchall()
    assert [row["type"] for row in rows] == ["ledger.imbalance_found"] * 2
