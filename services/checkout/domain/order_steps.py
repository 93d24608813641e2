"""An order from its placing to its end: each step with the fact that it makes true."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.checkout.domain.balance import BalanceChange, BalanceTransactionType, forfeited
from services.checkout.domain.dunning import Dunning, exhaust
from services.checkout.domain.errors import OrderNotPending
from services.checkout.domain.order import ORDER, Order, OrderStatus, Placement
from services.checkout.domain.payment import Declined, PaymentAction
from services.checkout.domain.quote import Quote


@dataclass(frozen=True, slots=True)
class OrderCreated:
    """Somebody owes something."""

    order: Order


@dataclass(frozen=True, slots=True)
class OrderUpdated:
    """The order's amounts are others."""

    order: Order


@dataclass(frozen=True, slots=True)
class OrderPaid:
    """The order is settled. Final but for refunds."""

    order: Order
    restored_amount: int = 0
    """What the customer's balance had lost by it, and has again, as it was void and is paid all the same."""


@dataclass(frozen=True, slots=True)
class OrderPaymentFailed:
    """An attempt to pay it failed."""

    order: Order
    declined: Declined


@dataclass(frozen=True, slots=True)
class OrderDunningExhausted:
    """Nobody tries to charge it any more."""

    order: Order


@dataclass(frozen=True, slots=True)
class OrderVoided:
    """Nobody owes it any more."""

    order: Order


def place(
    order_id: UUID,
    organization_id: UUID,
    placement: Placement,
    quote: Quote,
    item_ids: tuple[UUID, ...],
    *,
    balance: int = 0,
    now: datetime,
) -> tuple[Order, OrderCreated]:
    """A new order, pending. `balance` is what it adds to the customer's balance, as `applied_balance_amount`."""
    order = Order(
        id=order_id,
        organization_id=organization_id,
        status=OrderStatus.PENDING,
        placement=placement,
        quote=quote,
        item_ids=item_ids,
        applied_balance_amount=balance,
        payment_id=None,
        processor=None,
        invoice_number=None,
        receipt_number=None,
        version=1,
        paid_at=None,
        created_at=now,
        modified_at=now,
        holds_balance=True,
    )
    return order, OrderCreated(order)


def requote(
    order: Order, placement: Placement, quote: Quote, item_ids: tuple[UUID, ...], *, balance: int = 0, now: datetime
) -> tuple[Order, OrderUpdated]:
    """The same order for the next attempt, as it was placed this time."""
    after = replace(
        _moved(order, "requote", now),
        placement=placement,
        quote=quote,
        item_ids=item_ids,
        applied_balance_amount=balance,
        holds_balance=True,
    )
    return after, OrderUpdated(after)


def attempted(order: Order, *, payment_method_id: UUID | None = None) -> Order:
    """The order with one more attempt to charge it, which nobody is told of before its outcome."""
    if order.status is not OrderStatus.PENDING:
        raise OrderNotPending(order.status)
    placement = replace(order.placement, payment_method_id=payment_method_id) if payment_method_id else order.placement
    return replace(order, placement=placement, payment_attempts=order.payment_attempts + 1, payment_action=None)


def pay(
    order: Order,
    *,
    payment_id: UUID | None,
    processor: str | None,
    invoice_number: str,
    receipt_number: str | None,
    now: datetime,
) -> tuple[Order, OrderPaid]:
    """The order as paid, with its numbers. `payment_id` None if nothing was charged."""
    after = replace(
        _moved(order, "pay", now),
        payment_id=payment_id,
        processor=processor,
        invoice_number=invoice_number,
        receipt_number=receipt_number,
        paid_at=now,
        holds_balance=True,
        forfeited_amount=0,
        payment_failure=None,
        payment_action=None,
        dunning=replace(order.dunning, due_at=None) if order.dunning else None,
    )
    return after, OrderPaid(after, order.forfeited_amount)


def fail(order: Order, declined: Declined, *, dunning: Dunning | None = None, now: datetime) -> tuple[Order, OrderPaymentFailed]:
    """The order after an attempt that was declined; still pending. `dunning`: what follows, if the buyer was absent."""
    after = replace(_moved(order, "fail", now), payment_failure=declined.failure, payment_action=None, dunning=dunning or order.dunning)
    return after, OrderPaymentFailed(after, declined)


def await_buyer(order: Order, action: PaymentAction, *, now: datetime) -> tuple[Order, OrderUpdated]:
    """The order with what the buyer, who is present, has to do next."""
    after = replace(_moved(order, "await_buyer", now), payment_action=action)
    return after, OrderUpdated(after)


def give_up(order: Order, *, now: datetime) -> tuple[Order, OrderDunningExhausted]:
    """The order without further attempts."""
    assert order.dunning is not None
    ended = order.dunning if order.dunning.due_at is None else exhaust(order.dunning)
    after = replace(_moved(order, "exhaust", now), dunning=ended)
    return after, OrderDunningExhausted(after)


def void(order: Order, *, balance: int = 0, now: datetime) -> tuple[Order, OrderVoided]:
    """The order as never to be paid. `balance` is what its customer has, for one of what was delivered. OrderNotPending."""
    if not ORDER.allows("void", order.status):
        raise OrderNotPending(order.status)
    ended = replace(order.dunning, due_at=None) if order.dunning else None
    lost = forfeited(balance, order.due_amount) if order.placement.is_delivered else 0
    after = replace(_moved(order, "void", now), holds_balance=False, forfeited_amount=lost, payment_action=None, dunning=ended)
    return after, OrderVoided(after)


def given_back(order: Order, *, now: datetime) -> tuple[BalanceChange, ...]:
    """What an order that came to nothing gives back of what it took from the balance."""
    held = order.applied_balance_amount if order.holds_balance else 0
    return order.balance_change(BalanceTransactionType.ORDER_RETURNED, -held, now)


def lost(order: Order, *, now: datetime) -> tuple[BalanceChange, ...]:
    """What an order that is void now takes from the balance."""
    return order.balance_change(BalanceTransactionType.ORDER_VOIDED, -order.forfeited_amount, now)


def taken_again(order: Order, *, now: datetime) -> tuple[BalanceChange, ...]:
    """What an order that is paid late takes again from the balance, once its end took nothing."""
    owed = 0 if order.holds_balance else order.applied_balance_amount
    restored = order.balance_change(BalanceTransactionType.ORDER_VOIDED, order.forfeited_amount, now)
    return (*restored, *order.balance_change(BalanceTransactionType.ORDER_APPLIED, owed, now))


def _moved(order: Order, verb: str, now: datetime) -> Order:
    return replace(order, status=OrderStatus(ORDER.after(verb, order.status)), version=order.version + 1, modified_at=now)
