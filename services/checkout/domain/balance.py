"""What a customer has with a merchant, in one currency: positive pays later orders, negative is collected with the next one.

A balance is the sum of its transactions, always. An order changes it when it is made and gives that back if it comes to nothing. Who never
pays for what was delivered to them does not keep what they were credited either: up to that amount the balance shrinks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.checkout.domain.errors import BalanceNotEnough
from services.checkout.domain.price import minimum_charge
from services.pricing.price import check_largest


class BalanceTransactionType(StrEnum):
    """Why a balance changed."""

    ADJUSTMENT = "adjustment"
    ORDER_APPLIED = "order_applied"
    ORDER_CREDITED = "order_credited"
    ORDER_CARRIED = "order_carried"
    ORDER_RETURNED = "order_returned"
    ORDER_VOIDED = "order_voided"


@dataclass(frozen=True, slots=True, order=True)
class BalanceKey:
    """Whose balance, in which currency."""

    organization_id: UUID
    customer_id: UUID
    currency: str


@dataclass(frozen=True, slots=True)
class BalanceChange:
    """What is to be added to a balance, minor units; positive in the customer's favour."""

    key: BalanceKey
    type: BalanceTransactionType
    amount: int
    at: datetime
    order_id: UUID | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class BalanceTransaction:
    """A change as it was made."""

    id: UUID
    change: BalanceChange
    balance_amount: int
    """The balance after it."""


@dataclass(frozen=True, slots=True)
class BalanceAdjusted:
    """Somebody changed a balance by hand. `version` is the customer's after it."""

    transaction: BalanceTransaction
    version: int


def applied_balance(total: int, balance: int, currency: str) -> int:
    """What an order of `total` adds to `balance`, as the order's `applied_balance_amount`.

    Nothing is charged for a total that is not positive, that the balance covers, or that leaves less than the smallest charge: then the
    balance takes all of it, below zero if need be. Otherwise the balance is used up, or its debt collected.
    """
    if total <= 0 or total - balance < minimum_charge(currency):
        return -total
    return -balance


def type_of(total: int, balance: int, applied: int) -> BalanceTransactionType:
    """What to call what an order does to a balance."""
    if total < 0:
        return BalanceTransactionType.ORDER_CREDITED
    if applied == -total and balance < total:
        return BalanceTransactionType.ORDER_CARRIED
    return BalanceTransactionType.ORDER_APPLIED


def forfeited(balance: int, due: int) -> int:
    """What a customer who has `balance` loses of it when an order of what was delivered, of which `due` was left to pay, is void."""
    return max(0, min(balance, due))


def check_adjustment(currency: str, balance: int, amount: int) -> None:
    """BalanceNotEnough if it takes what is not there, AmountAboveMaximum if more than any charge would be there."""
    if amount < 0 and balance + amount < 0:
        raise BalanceNotEnough(balance)
    if amount > 0:
        check_largest(balance + amount, currency, at="amount")
