"""What facts of other services mean in the books. The figures of the chart's worked examples are the tests of this file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.ledger.domain.chart import Account, AccountKind, account
from services.ledger.domain.customer_balance import CustomerBalances, Holder
from services.ledger.domain.errors import TransactionUnbalanced
from services.ledger.domain.fees import FeePlan
from services.ledger.domain.posting import Leg, Posting, TransactionKind, posting


@dataclass(frozen=True, slots=True)
class PaidOrder:
    """`order.paid`, as far as the books care. Amounts are minor units of `currency`; taxes are (jurisdiction, amount)."""

    order_id: UUID
    organization_id: UUID
    customer_id: UUID
    currency: str
    net_amount: int
    taxes: tuple[tuple[str, int], ...]
    total_amount: int
    applied_balance_amount: int
    """What the order did to the customer's balance: negative when that paid, or now owes; positive when it was credited, or a debt
    was collected."""
    due_amount: int
    processor: str
    """Empty when nothing was charged."""
    paid_at: datetime

    @property
    def key(self) -> str:
        return f"order:{self.order_id}:paid"

    @property
    def holder(self) -> Holder:
        return Holder(self.organization_id, self.customer_id, self.currency)


@dataclass(frozen=True, slots=True)
class AdjustedBalance:
    """The merchant gave a customer something, or took it back: by hand, or as a customer never paid for what was delivered to them."""

    key: str
    source_id: UUID
    """The balance transaction of checkout, or the order."""
    organization_id: UUID
    customer_id: UUID
    currency: str
    amount: int
    """Positive in the customer's favour."""
    adjusted_at: datetime

    @property
    def holder(self) -> Holder:
        return Holder(self.organization_id, self.customer_id, self.currency)


@dataclass(frozen=True, slots=True)
class SettledPayment:
    """`payment.settled`: what the processor booked, in minor units of its balance's `currency`."""

    payment_id: UUID
    order_id: UUID
    organization_id: UUID
    processor: str
    currency: str
    amount: int
    fee_amount: int
    settled_at: datetime


@dataclass(frozen=True, slots=True)
class Charge:
    """What the processor had been booked to owe us for an order, in the order's currency."""

    currency: str
    amount: int


def order_paid(order: PaidOrder, plan: FeePlan, balances: CustomerBalances) -> Posting | None:
    """The money of a paid order: who holds it, whose it is. None for an order of nothing."""
    if order.total_amount != order.net_amount + sum(amount for _, amount in order.taxes):
        raise TransactionUnbalanced("net and taxes do not add up to the order's total")
    legs = _without_zeros(_order_legs(order, plan.fee(order.total_amount), balances))
    if not legs:
        return None
    return posting(
        order.key,
        TransactionKind.PAYMENT,
        legs,
        organization_id=order.organization_id,
        source_id=order.order_id,
        effective_at=order.paid_at,
        # Not the legs: the fee plan may have changed before a replay.
        stands_for=(
            *(order.order_id, order.organization_id, order.customer_id, order.currency, order.net_amount, order.taxes),
            *(order.total_amount, order.applied_balance_amount, order.due_amount, order.processor, order.paid_at),
        ),
    )


def balance_adjusted(adjusted: AdjustedBalance, balances: CustomerBalances) -> Posting | None:
    """What the merchant gives to a customer is taken from what the merchant is owed. None for nothing."""
    payable = account(AccountKind.MERCHANT_PAYABLE, adjusted.currency, organization_id=adjusted.organization_id)
    legs = _without_zeros([Leg(payable, adjusted.amount), *balances.change(adjusted.holder, adjusted.amount, adjusted.key)])
    if not legs:
        return None
    return posting(
        adjusted.key,
        TransactionKind.BALANCE,
        legs,
        organization_id=adjusted.organization_id,
        source_id=adjusted.source_id,
        effective_at=adjusted.adjusted_at,
        # Not the legs: what the customer had before a replay was something else.
        stands_for=(adjusted.source_id, adjusted.organization_id, adjusted.customer_id, adjusted.currency, adjusted.amount),
    )


def payment_settled(payment: SettledPayment, charge: Charge | None) -> Posting | None:
    """What the processor kept and, where it settles in another currency than it charged, the exchange. None for nothing."""
    clearing = _clearing(payment.processor, payment.currency)
    cost = account(AccountKind.PROCESSOR_FEE, payment.currency, qualifier="payment")
    legs = [Leg(cost, payment.fee_amount), Leg(clearing, -payment.fee_amount)]
    if charge is not None and charge.currency != payment.currency:
        legs = [*_exchange_legs(payment, charge), *legs]
    legs = _without_zeros(legs)
    if not legs:
        return None
    return posting(
        f"payment:{payment.payment_id}:settled",
        TransactionKind.PROCESSOR_FEE,
        legs,
        organization_id=payment.organization_id,
        source_id=payment.order_id,
        effective_at=payment.settled_at,
        stands_for=(
            *(payment.payment_id, payment.order_id, payment.organization_id, payment.processor, payment.currency),
            *(payment.amount, payment.fee_amount, payment.settled_at),
        ),
    )


def _order_legs(order: PaidOrder, fee_amount: int, balances: CustomerBalances) -> Sequence[Leg]:
    currency, organization_id = order.currency, order.organization_id
    payable = account(AccountKind.MERCHANT_PAYABLE, currency, organization_id=organization_id)
    paid = [Leg(_clearing(order.processor, currency), order.due_amount)] if order.due_amount else []
    return [
        *paid,
        *balances.change(order.holder, order.applied_balance_amount, order.key),
        Leg(payable, -order.net_amount),
        *(Leg(account(AccountKind.TAX_PAYABLE, currency, qualifier=jurisdiction), -amount) for jurisdiction, amount in order.taxes),
        Leg(payable, fee_amount),
        Leg(account(AccountKind.FEE_REVENUE, currency, qualifier="payment"), -fee_amount),
    ]


def _exchange_legs(payment: SettledPayment, charge: Charge) -> Sequence[Leg]:
    """The processor owes in its own currency now; the position between the two is ours until somebody closes it."""
    return [
        Leg(account(AccountKind.FX_POSITION, charge.currency), charge.amount),
        Leg(_clearing(payment.processor, charge.currency), -charge.amount),
        Leg(_clearing(payment.processor, payment.currency), payment.amount),
        Leg(account(AccountKind.FX_POSITION, payment.currency), -payment.amount),
    ]


def _clearing(processor: str, currency: str) -> Account:
    return account(AccountKind.CLEARING, currency, qualifier=processor)


def _without_zeros(legs: Sequence[Leg]) -> list[Leg]:
    return [leg for leg in legs if leg.amount != 0]
