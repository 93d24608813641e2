"""A merchant gave a customer credit, or took it back: book it against what the merchant is owed."""

from __future__ import annotations

from collections.abc import Sequence

from services.ledger.domain.customer_balance import CustomerBalances
from services.ledger.domain.postings import AdjustedBalance, balance_adjusted
from services.ledger.usecases.ports import Books
from services.ledger.usecases.post_facts import post_facts


async def react_balance_adjusted(adjusted: Sequence[AdjustedBalance], *, balances: CustomerBalances, books: Books) -> None:
    """Post the adjustments."""
    await post_facts([balance_adjusted(each, balances) for each in adjusted], books=books)
