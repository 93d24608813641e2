"""An order was paid: book who holds the money and whose it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.ledger.domain.customer_balance import CustomerBalances
from services.ledger.domain.fees import FeePlan
from services.ledger.domain.postings import PaidOrder, order_paid
from services.ledger.usecases.ports import Books
from services.ledger.usecases.post_facts import post_facts


async def react_order_paid(orders: Sequence[PaidOrder], *, plans: Mapping[UUID, FeePlan], balances: CustomerBalances, books: Books) -> None:
    """Post the orders with the fee plan of their organizations. `balances` of those customers whose balance they change."""
    await post_facts([order_paid(order, plans[order.organization_id], balances) for order in orders], books=books)
