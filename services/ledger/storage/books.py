"""Posting inside an open transaction: what is posted commits with the rest of it, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from services.chassis.database import Transaction
from services.ledger.domain.posting import LARGEST_LEGS, Posting, Result
from services.ledger.storage.accounts import AccountRegistry
from services.ledger.storage.post import LARGEST_BATCH_LEGS, post
from services.ledger.storage.prepared import prepare

_SLICE = LARGEST_BATCH_LEGS // LARGEST_LEGS


class TransactionBooks:
    """The books in one transaction of the worker role. It holds the books' lock from the first posting to its commit."""

    def __init__(self, transaction: Transaction, registry: AccountRegistry) -> None:
        self._transaction = transaction
        self._registry = registry

    async def post(self, postings: Sequence[Posting]) -> list[Result]:
        """What came of each, in their order."""
        ids = await self._registry.ids(postings)
        prepared = [prepare(posting, ids) for posting in postings]
        results: list[Result] = []
        for start in range(0, len(prepared), _SLICE):
            results += await post(self._transaction.connection, prepared[start : start + _SLICE])
        return results


def books_in(registry: AccountRegistry) -> Callable[[Transaction], TransactionBooks]:
    """Opens the books in a transaction."""
    return partial(TransactionBooks, registry=registry)
