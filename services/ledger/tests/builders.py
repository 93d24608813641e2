"""Postings and facts for tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.chassis.ids import new_id
from services.ledger.domain.chart import Account, AccountKind, account
from services.ledger.domain.posting import Leg, Posting, TransactionKind, posting
from services.ledger.domain.postings import PaidOrder, SettledPayment

ORGANIZATION = UUID("0192f000-0000-7000-8000-000000000001")
OTHER_ORGANIZATION = UUID("0192f000-0000-7000-8000-000000000002")
CUSTOMER = UUID("0192f000-0000-7000-8000-00000000000c")
ORDER = UUID("0192f000-0000-7000-8000-0000000000a1")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def clearing(currency: str = "usd") -> Account:
    return account(AccountKind.CLEARING, currency, qualifier="stripe")


def payable(organization_id: UUID = ORGANIZATION, currency: str = "usd") -> Account:
    return account(AccountKind.MERCHANT_PAYABLE, currency, organization_id=organization_id)


def wallet(customer_id: UUID = CUSTOMER, currency: str = "usd") -> Account:
    """May not become a debit balance."""
    return account(AccountKind.CUSTOMER_WALLET, currency, organization_id=ORGANIZATION, qualifier=str(customer_id))


def transfer(
    amount: int = 1000, *, debit: Account | None = None, credit: Account | None = None, key: str | None = None, **fields: Any
) -> Posting:
    """Two legs; debits the clearing account and credits the merchant unless told otherwise."""
    legs = [Leg(debit or clearing(), amount), Leg(credit or payable(), -amount)]
    return many_legged(legs, key=key, **fields)


def many_legged(legs: Sequence[Leg], *, key: str | None = None, **fields: Any) -> Posting:
    """A posting with the legs, under a key of its own unless told."""
    fields = {"organization_id": ORGANIZATION, "source_id": ORDER, **fields}
    return posting(key or f"test:{new_id()}", TransactionKind.PAYMENT, legs, **fields)


def negated(original: Posting, reverses_id: int, **fields: Any) -> Posting:
    """The posting that takes another back."""
    legs = [Leg(leg.account, -leg.amount) for leg in original.legs]
    return many_legged(legs, **{"organization_id": original.organization_id, "reverses_id": reverses_id, **fields})


def unchecked(original: Posting, legs: Sequence[Leg]) -> Posting:
    """A posting that the service would refuse, to see whether the database does."""
    return replace(original, legs=tuple(legs))


def paid_order(**fields: Any) -> PaidOrder:
    """100.00 and 20.00 of VAT by card, unless told otherwise."""
    values: dict[str, Any] = {
        "order_id": new_id(),
        "organization_id": ORGANIZATION,
        "customer_id": CUSTOMER,
        "currency": "usd",
        "net_amount": 10000,
        "taxes": (("DE", 2000),),
        "total_amount": 12000,
        "applied_balance_amount": 0,
        "due_amount": 12000,
        "processor": "stripe",
        "paid_at": NOW,
    }
    return PaidOrder(**{**values, **fields})


def settled_payment(order: PaidOrder, **fields: Any) -> SettledPayment:
    """What the processor booked for an order: 2.9 % and 30, unless told otherwise."""
    values: dict[str, Any] = {
        "payment_id": new_id(),
        "order_id": order.order_id,
        "organization_id": order.organization_id,
        "processor": "stripe",
        "currency": order.currency,
        "amount": order.due_amount,
        "fee_amount": 378,
        "settled_at": NOW,
    }
    return SettledPayment(**{**values, **fields})
