"""Customers' balances and their transactions in PostgreSQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, func, select

from services.chassis.database import Row, Transaction
from services.chassis.ids import new_id
from services.chassis.pagination import Page, paged
from services.chassis.sql import Statement, bulk_insert, compile_statement
from services.checkout.domain.balance import BalanceChange, BalanceKey, BalanceTransaction, BalanceTransactionType
from services.checkout.storage.filters import matching
from services.checkout.storage.tables import customer_balance as table
from services.checkout.storage.tables import customer_balance_transaction as transactions

_OF_CUSTOMERS = compile_statement(
    select(table).where(
        table.c.organization_id == func.any(bindparam("organization_ids", type_=ARRAY(Uuid))),
        table.c.customer_id == func.any(bindparam("ids", type_=ARRAY(Uuid))),
    )
)
_LOCK = Statement(
    "select * from customer_balance where (organization_id, customer_id, currency) in "
    "(select * from unnest(%(organization_ids)s::uuid[], %(customer_ids)s::uuid[], %(currencies)s::text[])) "
    "order by organization_id, customer_id, currency for update"
)
_ADD_UP = bulk_insert(
    table,
    suffix="on conflict (organization_id, customer_id, currency) do update set amount = customer_balance.amount + excluded.amount "
    "returning organization_id, customer_id, currency, amount",
)
_ADD = bulk_insert(transactions)


class StoredBalances:
    """The balances that one transaction sees."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def of_customers(self, organization_ids: Sequence[UUID], customer_ids: Sequence[UUID]) -> dict[BalanceKey, int]:
        rows = await self._transaction.all(_OF_CUSTOMERS, organization_ids=list(organization_ids), ids=list(customer_ids))
        return {_key(row): row["amount"] for row in rows}

    async def lock(self, keys: Sequence[BalanceKey]) -> dict[BalanceKey, int]:
        rows = await self._transaction.all(
            _LOCK,
            organization_ids=[key.organization_id for key in keys],
            customer_ids=[key.customer_id for key in keys],
            currencies=[key.currency for key in keys],
        )
        return {_key(row): row["amount"] for row in rows}

    async def change(self, changes: Sequence[BalanceChange]) -> list[BalanceTransaction]:
        by_key: dict[BalanceKey, list[BalanceChange]] = defaultdict(list)
        for change in changes:
            by_key[change.key].append(change)
        # In the order of the keys, so that two transactions wait for each other and not in a circle.
        sums = [_balance_row(key, sum(change.amount for change in by_key[key])) for key in sorted(by_key)]
        made: list[BalanceTransaction] = []
        for row in await self._transaction.many(_ADD_UP, sums):
            own = by_key[_key(row)]
            balance = row["amount"] - sum(change.amount for change in own)
            for change in own:
                balance += change.amount
                made.append(BalanceTransaction(new_id(), change, balance))
        await self._transaction.many(_ADD, [transaction_to_row(each) for each in made])
        return made

    async def page(self, organization_id: UUID, customer_id: UUID, currency: str, page: Page) -> tuple[list[BalanceTransaction], str]:
        """One page of a customer's transactions, newest first, and the token of the next."""
        query = matching(
            select(transactions).where(transactions.c.organization_id == organization_id, transactions.c.customer_id == customer_id),
            None if not currency else transactions.c.currency == currency,
        )
        rows = await self._transaction.all(compile_statement(paged(query, page, transactions.c.id, transactions.c.id)))
        return [row_to_transaction(row) for row in rows[: page.size]], page.next_token(rows)


def _key(row: Row) -> BalanceKey:
    return BalanceKey(row["organization_id"], row["customer_id"], row["currency"])


def _balance_row(key: BalanceKey, amount: int) -> dict[str, Any]:
    return {"organization_id": key.organization_id, "customer_id": key.customer_id, "currency": key.currency, "amount": amount}


def transaction_to_row(transaction: BalanceTransaction) -> dict[str, Any]:
    change = transaction.change
    return {
        "id": transaction.id,
        "organization_id": change.key.organization_id,
        "customer_id": change.key.customer_id,
        "currency": change.key.currency,
        "type": change.type,
        "amount": change.amount,
        "balance_amount": transaction.balance_amount,
        "order_id": change.order_id,
        "reason": change.reason,
        "created_at": change.at,
    }


def row_to_transaction(row: Row) -> BalanceTransaction:
    change = BalanceChange(_key(row), BalanceTransactionType(row["type"]), row["amount"], row["created_at"], row["order_id"], row["reason"])
    return BalanceTransaction(row["id"], change, row["balance_amount"])
