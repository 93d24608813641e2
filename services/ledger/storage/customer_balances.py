"""The balances of customers, read under the books' lock: nobody moves them until the transaction in hand has ended."""

from __future__ import annotations

from collections.abc import Collection

from services.chassis.database import Transaction
from services.chassis.sql import Statement
from services.ledger.domain.customer_balance import CustomerBalances, Holder

_LOCK = Statement("select lock_books()")
_AMOUNTS = Statement(
    "select a.code, b.debit_amount - b.credit_amount as amount from account a join balance b on b.account_id = a.id "
    "where a.code = any(%(codes)s)"
)
_BOOKED = Statement("select idempotency_key from journal where idempotency_key = any(%(keys)s)")


async def customer_balances(transaction: Transaction, holders: Collection[Holder], keys: Collection[str]) -> CustomerBalances:
    """As they stand. `keys` are of the transactions that shall be posted: which of them are booked already?"""
    if not holders:
        return CustomerBalances()
    await transaction.execute(_LOCK)
    codes = [account.code for holder in set(holders) for account in (holder.wallet, holder.receivable)]
    amounts = await transaction.all(_AMOUNTS, codes=codes)
    booked = await transaction.all(_BOOKED, keys=list(keys))
    return CustomerBalances({row["code"]: row["amount"] for row in amounts}, {row["idempotency_key"] for row in booked})
