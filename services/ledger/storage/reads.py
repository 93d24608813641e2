"""What callers read of the books. Which rows there are is decided by the role and scope of the transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select

from services.chassis.database import Row, Transaction
from services.chassis.pagination import Page, paged
from services.chassis.sql import Statement, compile_statement
from services.ledger.domain.balance import AsOf
from services.ledger.storage.tables import account, balance, entry, journal, reversal, transaction_entry

_ACCOUNTS = select(account, balance.c.debit_amount, balance.c.credit_amount, balance.c.sequence).join(
    balance, balance.c.account_id == account.c.id
)
_ACCOUNT = compile_statement(_ACCOUNTS.where(account.c.id == bindparam("id")))
_TRANSACTIONS = select(journal, reversal.c.reverses_id).outerjoin(reversal, reversal.c.transaction_id == journal.c.id)
_TRANSACTION = compile_statement(_TRANSACTIONS.where(journal.c.id == bindparam("id")))
_ENTRIES = compile_statement(
    select(transaction_entry)
    .where(transaction_entry.c.transaction_id == func.any(bindparam("ids")))
    .order_by(transaction_entry.c.transaction_id, transaction_entry.c.line)
)
_AS_OF_TRANSACTION = Statement(
    "select a.id, a.currency, e.sequence, e.balance_after_amount from account a "
    "left join entry e on e.account_id = a.id and e.sequence = sequence_as_of(a.id, %(transaction_id)s) where a.id = %(account_id)s"
)
_AS_OF_TIME = Statement(
    "select a.id, a.currency, balance_at(a.id, %(effective_at)s) as balance_amount from account a where a.id = %(account_id)s"
)
_TRIAL_BALANCE = compile_statement(
    select(
        account.c.kind,
        account.c.currency,
        func.sum(balance.c.debit_amount).label("debit_amount"),
        func.sum(balance.c.credit_amount).label("credit_amount"),
    )
    .join(balance, balance.c.account_id == account.c.id)
    .group_by(account.c.kind, account.c.currency)
    .order_by(account.c.currency, account.c.kind)
)


class StoredReads:
    """The books as one transaction of the database sees them."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def account(self, account_id: int) -> Row | None:
        return await self._transaction.one(_ACCOUNT, id=account_id)

    async def accounts(self, page: Page, *, kind: int = 0, currency: str = "") -> tuple[Sequence[Row], str]:
        """Accounts by id, and the token of the next page."""
        query = _ACCOUNTS
        if kind:
            query = query.where(account.c.kind == kind)
        if currency:
            query = query.where(account.c.currency == currency)
        return await self._page(query, page, account.c.id)

    async def transaction(self, transaction_id: int) -> Row | None:
        return await self._transaction.one(_TRANSACTION, id=transaction_id)

    async def transactions(
        self, page: Page, *, source_id: UUID | None = None, account_id: int | None = None, kind: int = 0
    ) -> tuple[Sequence[Row], str]:
        """Transactions by id, and the token of the next page."""
        query = _TRANSACTIONS
        if source_id is not None:
            query = query.where(journal.c.source_id == source_id)
        if account_id is not None:
            query = query.where(journal.c.id.in_(select(entry.c.transaction_id).where(entry.c.account_id == account_id)))
        if kind:
            query = query.where(journal.c.kind == kind)
        return await self._page(query, page, journal.c.id)

    async def entries(self, transaction_ids: Sequence[int]) -> Mapping[int, Sequence[Row]]:
        """The entries of each transaction, in their order."""
        found: dict[int, list[Row]] = {each: [] for each in transaction_ids}
        for row in await self._transaction.all(_ENTRIES, ids=list(transaction_ids)):
            found[row["transaction_id"]].append(row)
        return found

    async def as_of_transaction(self, account_id: int, transaction_id: int) -> AsOf | None:
        """The balance after a transaction and all before it. None if there is no such account."""
        row = await self._transaction.one(_AS_OF_TRANSACTION, account_id=account_id, transaction_id=transaction_id)
        return AsOf(row["id"], row["currency"], row["balance_after_amount"] or 0, row["sequence"] or 0) if row else None

    async def as_of_time(self, account_id: int, effective_at: datetime) -> AsOf | None:
        """The balance of all that was effective by then. None if there is no such account."""
        row = await self._transaction.one(_AS_OF_TIME, account_id=account_id, effective_at=effective_at)
        return AsOf(row["id"], row["currency"], row["balance_amount"], None) if row else None

    async def trial_balance(self) -> Sequence[Row]:
        """Debits and credits by account kind and currency."""
        return await self._transaction.all(_TRIAL_BALANCE)

    async def _page(self, query: Select[Any], page: Page, key: Any) -> tuple[Sequence[Row], str]:
        rows = await self._transaction.all(compile_statement(paged(query, page, key, key)))
        return rows[: page.size], page.next_token(rows)
