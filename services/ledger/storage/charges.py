"""What was booked as charged for an order: the clearing leg of its payment."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from services.chassis.database import Transaction
from services.chassis.sql import Statement
from services.ledger.domain.chart import AccountKind
from services.ledger.domain.posting import TransactionKind
from services.ledger.domain.postings import Charge

_CHARGES = Statement(
    "select j.source_id, e.currency, e.amount from journal j "
    "join entry e on e.transaction_id = j.id join account a on a.id = e.account_id and a.kind = %(clearing)s "
    "where j.source_id = any(%(order_ids)s) and j.kind = %(payment)s",
    {"clearing": AccountKind.CLEARING.value, "payment": TransactionKind.PAYMENT.value},
)


async def charges(transaction: Transaction, order_ids: Collection[UUID]) -> Mapping[UUID, Charge]:
    """The charge of each order that is posted."""
    rows = await transaction.all(_CHARGES, order_ids=list(order_ids))
    return {row["source_id"]: Charge(row["currency"], row["amount"]) for row in rows}
