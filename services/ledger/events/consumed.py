"""The whole reactive surface: what this service does about facts of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from bursar.checkout.v1.checkout_events_pb2 import CustomerBalanceAdjusted, OrderPaid, OrderVoided
from bursar.payments.v1.payments_events_pb2 import PaymentSettled

from services.chassis.database import Transaction
from services.chassis.event import Event, Reaction
from services.chassis.timestamps import from_timestamp
from services.ledger.domain.postings import AdjustedBalance, PaidOrder, SettledPayment
from services.ledger.usecases.ports import BalancesOf, BooksIn, ChargesOf, PlansOf
from services.ledger.usecases.react_balance_adjusted import react_balance_adjusted
from services.ledger.usecases.react_order_paid import react_order_paid
from services.ledger.usecases.react_payment_settled import react_payment_settled


def reactions(*, books: BooksIn, plans_of: PlansOf, charges_of: ChargesOf, balances_of: BalancesOf) -> Sequence[Reaction[Any]]:
    """In this order within a batch, so that a payment finds its order."""

    async def order_paid(transaction: Transaction, events: Sequence[Event[OrderPaid]]) -> None:
        plans = await plans_of(transaction, {event.organization_id for event in events})
        orders = list(map(_paid_order, events))
        restored = [_restored_balance(event) for event in events if event.message.restored_amount]
        moving: list[PaidOrder | AdjustedBalance] = [*(order for order in orders if order.applied_balance_amount), *restored]
        balances = await balances_of(transaction, {each.holder for each in moving}, [each.key for each in moving])
        await react_order_paid(orders, plans=plans, balances=balances, books=books(transaction))
        await react_balance_adjusted(restored, balances=balances, books=books(transaction))

    async def order_voided(transaction: Transaction, events: Sequence[Event[OrderVoided]]) -> None:
        await _adjust(transaction, [_forfeited_balance(event) for event in events if event.message.forfeited_amount])

    async def balance_adjusted(transaction: Transaction, events: Sequence[Event[CustomerBalanceAdjusted]]) -> None:
        await _adjust(transaction, list(map(_adjusted_balance, events)))

    async def _adjust(transaction: Transaction, adjusted: Sequence[AdjustedBalance]) -> None:
        balances = await balances_of(transaction, {each.holder for each in adjusted}, [each.key for each in adjusted])
        await react_balance_adjusted(adjusted, balances=balances, books=books(transaction))

    async def payment_settled(transaction: Transaction, events: Sequence[Event[PaymentSettled]]) -> Sequence[Event[PaymentSettled]]:
        payments = list(map(_settled_payment, events))
        known = await charges_of(transaction, {payment.order_id for payment in payments})
        early = await react_payment_settled(payments, charges=known, books=books(transaction))
        waiting = {payment.payment_id for payment in early}
        return [event for event, payment in zip(events, payments, strict=True) if payment.payment_id in waiting]

    return (
        Reaction("order.paid", OrderPaid, order_paid),
        Reaction("order.voided", OrderVoided, order_voided),
        Reaction("customer.balance_adjusted", CustomerBalanceAdjusted, balance_adjusted),
        Reaction("payment.settled", PaymentSettled, payment_settled),
    )


def _paid_order(event: Event[OrderPaid]) -> PaidOrder:
    order = event.message
    return PaidOrder(
        order_id=UUID(order.order_id),
        organization_id=event.organization_id,
        customer_id=UUID(order.customer_id),
        currency=order.currency,
        net_amount=order.net_amount,
        taxes=tuple((line.jurisdiction, line.amount) for line in order.tax_lines),
        total_amount=order.total_amount,
        applied_balance_amount=order.applied_balance_amount,
        due_amount=order.due_amount,
        processor=order.processor,
        paid_at=from_timestamp(order.paid_at, "paid_at"),
    )


def _adjusted_balance(event: Event[CustomerBalanceAdjusted]) -> AdjustedBalance:
    adjusted = event.message
    return AdjustedBalance(
        key=f"customer_balance_transaction:{adjusted.customer_balance_transaction_id}",
        source_id=UUID(adjusted.customer_balance_transaction_id),
        organization_id=event.organization_id,
        customer_id=UUID(adjusted.customer_id),
        currency=adjusted.currency,
        amount=adjusted.amount,
        adjusted_at=event.occurred_at,
    )


def _forfeited_balance(event: Event[OrderVoided]) -> AdjustedBalance:
    order = event.message
    return AdjustedBalance(
        key=f"order:{order.order_id}:voided",
        source_id=UUID(order.order_id),
        organization_id=event.organization_id,
        customer_id=UUID(order.customer_id),
        currency=order.currency,
        amount=-order.forfeited_amount,
        adjusted_at=event.occurred_at,
    )


def _restored_balance(event: Event[OrderPaid]) -> AdjustedBalance:
    order = event.message
    return AdjustedBalance(
        key=f"order:{order.order_id}:restored",
        source_id=UUID(order.order_id),
        organization_id=event.organization_id,
        customer_id=UUID(order.customer_id),
        currency=order.currency,
        amount=order.restored_amount,
        adjusted_at=from_timestamp(order.paid_at, "paid_at"),
    )


def _settled_payment(event: Event[PaymentSettled]) -> SettledPayment:
    payment = event.message
    return SettledPayment(
        payment_id=UUID(payment.payment_id),
        order_id=UUID(payment.order_id),
        organization_id=event.organization_id,
        processor=payment.processor,
        currency=payment.currency,
        amount=payment.amount,
        fee_amount=payment.fee_amount,
        settled_at=from_timestamp(payment.settled_at, "settled_at"),
    )
