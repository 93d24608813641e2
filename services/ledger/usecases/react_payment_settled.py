"""A payment was settled: book what the processor kept, and the exchange if there was one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.ledger.domain.postings import Charge, SettledPayment, payment_settled
from services.ledger.usecases.ports import Books
from services.ledger.usecases.post_facts import post_facts


async def react_payment_settled(
    payments: Sequence[SettledPayment], *, charges: Mapping[UUID, Charge], books: Books
) -> Sequence[SettledPayment]:
    """Post the settlements of orders that are posted. Returns the others: in which currency they were charged is not known yet."""
    await post_facts([payment_settled(each, charges[each.order_id]) for each in payments if each.order_id in charges], books=books)
    return [each for each in payments if each.order_id not in charges]
