"""Proves the books from their entries: every sequence, balance, transaction and seal, in slices of one snapshot."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from services.chassis.database import Database, Row, Transaction
from services.chassis.sql import Statement
from services.ledger.domain.audit import LARGEST_FINDINGS, Audit
from services.ledger.storage.audit_statements import (
    BALANCES,
    ENTRIES,
    EXPORT,
    IMBALANCES,
    INCOMPLETE,
    MEMORY,
    NEWEST,
    SEALS,
    SNAPSHOT,
    STRAY_BALANCES,
    STRAY_ENTRIES,
    TRANSACTIONS,
)

_SLICE = 50_000
_SLICE_SEALS = 10


@dataclass(slots=True)
class _Account:
    """One account's entries as far as they were read; an account may be longer than a slice."""

    account_id: int = 0
    sequence: int = 0
    debit_amount: int = 0
    credit_amount: int = 0

    @property
    def balance(self) -> int:
        return self.debit_amount - self.credit_amount


async def audit(database: Database, *, slice_size: int = _SLICE) -> Audit:
    """Check all of it through the worker role, so many transactions and so many entries at a time. Keeps two connections busy."""
    by_transaction, by_account = Audit(), Audit()
    async with database.transaction() as transaction:
        await transaction.execute(SNAPSHOT)
        await transaction.execute(MEMORY)
        row = await transaction.one(EXPORT)
        assert row is not None

        async def check_accounts() -> None:
            async with database.transaction() as beside:
                await beside.execute(SNAPSHOT)
                await beside.execute(Statement(f"set transaction snapshot '{row['name']}'"))
                await beside.execute(MEMORY)
                await _check_accounts(beside, by_account, slice_size)

        async def check_transactions() -> None:
            await _check_imbalances(transaction, by_transaction)
            await _check_transactions(transaction, by_transaction, slice_size)
            await _check_seals(transaction, by_transaction)

        await asyncio.gather(check_transactions(), check_accounts())
    by_transaction.add(by_account)
    return by_transaction


async def imbalances(transaction: Transaction) -> Mapping[str, int]:
    """What each currency's balances add up to; 0 in sound books."""
    return {row["currency"]: int(row["amount"]) for row in await transaction.all(IMBALANCES)}


async def _check_imbalances(transaction: Transaction, found: Audit) -> None:
    for currency, amount in (await imbalances(transaction)).items():
        if amount:
            found.find(f"the balances in {currency} add up to {amount} and not to 0")


async def _check_transactions(transaction: Transaction, found: Audit, slice_size: int) -> None:
    newest = await transaction.one(NEWEST)
    assert newest is not None
    for after in range(0, newest["id"], slice_size):
        until = min(after + slice_size, newest["id"])
        row = await transaction.one(TRANSACTIONS, after=after, limit=slice_size)
        assert row is not None
        found.transactions_checked += row["transactions"]
        if row["transactions"] != until - after or row["begun"] != until - after:
            incomplete = await transaction.one(INCOMPLETE, after=after, until=until)
            found.find(f"transaction {incomplete and incomplete['id']} is missing or incomplete")
        if row["unbalanced"] is not None:
            found.find(f"transaction {row['unbalanced']} does not add up to 0")
    strays = await transaction.one(STRAY_ENTRIES)
    if strays is not None and strays["strays"]:
        found.find(f"{strays['strays']} entries belong to no transaction")


async def _check_accounts(transaction: Transaction, found: Audit, slice_size: int) -> None:
    for stray in await transaction.all(STRAY_BALANCES, limit=LARGEST_FINDINGS):
        found.find(f"the balance of {stray['code']} is missing, moved without entries or stands still in spite of them")
    open_account = _Account()
    while True:
        rows = await transaction.all(
            ENTRIES,
            account_id=open_account.account_id,
            sequence=open_account.sequence,
            balance=open_account.balance,
            limit=slice_size,
        )
        finished: list[_Account] = []
        for row in rows:
            if row["account_id"] != open_account.account_id:
                finished.append(open_account)
                open_account = _Account(row["account_id"])
            _read_on(open_account, row, found)
        if not rows:
            finished.append(open_account)
        await _compare(transaction, finished, found)
        if not rows:
            return


def _read_on(account: _Account, row: Row, found: Audit) -> None:
    found.entries_checked += row["entries"]
    if row["fault"] is not None:
        found.find(f"entry {row['fault']} of account {account.account_id} does not follow from the one before")
    account.sequence = row["last_sequence"]
    account.debit_amount += row["debit_amount"]
    account.credit_amount += row["credit_amount"]


async def _compare(transaction: Transaction, accounts: list[_Account], found: Audit) -> None:
    rows = await transaction.all(BALANCES, account_ids=[account.account_id for account in accounts])
    stored = {row["account_id"]: _Account(**row) for row in rows}
    for account in accounts:
        if account.account_id and stored.get(account.account_id) != account:
            found.find(f"the balance of account {account.account_id} is not the sum of its entries")


async def _check_seals(transaction: Transaction, found: Audit) -> None:
    """Names the first seal that is wrong; the later ones follow from their predecessors' stored hashes and are checked alike."""
    after = 0
    while rows := await transaction.all(SEALS, after=after, limit=_SLICE_SEALS):
        for row in rows:
            span = f"seal {row['id']} of transactions {row['first_transaction_id']} to {row['last_transaction_id']}"
            if row["id"] != after + 1 or not row["linked"]:
                found.find(f"{span} does not continue the chain")
            if not row["intact"]:
                found.find(f"{span} does not match them")
            after = row["id"]
            found.batches_checked += 1
