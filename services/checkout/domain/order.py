"""What a customer owes or has paid. Amounts follow from the lines:

subtotal = Σ items; net = subtotal − discount − (tax if inclusive); total = net + tax; due = max(0, total + applied balance).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.chassis.lifecycle import Lifecycle
from services.checkout.domain.address import Address
from services.checkout.domain.metadata import Metadata
from services.checkout.domain.payment import Declined
from services.checkout.domain.quote import Line, Quote


class OrderStatus(StrEnum):
    """Where an order stands."""

    PENDING = "pending"
    PAID = "paid"
    VOID = "void"


ORDER = Lifecycle(
    "order",
    {
        "requote": {OrderStatus.PENDING: OrderStatus.PENDING},
        "fail": {OrderStatus.PENDING: OrderStatus.PENDING},
        # Money that arrives late still pays: what was voided meanwhile is delivered.
        "pay": {OrderStatus.PENDING: OrderStatus.PAID, OrderStatus.VOID: OrderStatus.PAID},
        "void": {OrderStatus.PENDING: OrderStatus.VOID},
    },
)


class BillingReason(StrEnum):
    """What made an order due."""

    PURCHASE = "purchase"
    SUBSCRIPTION_CREATE = "subscription_create"


@dataclass(frozen=True, slots=True)
class Item:
    """A line of an order with its own id."""

    id: UUID
    line: Line


@dataclass(frozen=True, slots=True)
class Placement:
    """Who buys what and why: all of an order but its amounts."""

    customer_id: UUID
    external_customer_id: str | None
    billing_reason: BillingReason
    product_id: UUID | None
    discount_id: UUID | None
    subscription_id: UUID | None
    checkout_id: UUID | None
    description: str
    billing_name: str | None
    billing_address: Address | None
    customer_tax_id: str | None
    metadata: Metadata


@dataclass(frozen=True, slots=True)
class Order:
    """An order with its items. `quote.lines` and `items` are the same lines in the same order."""

    id: UUID
    organization_id: UUID
    status: OrderStatus
    placement: Placement
    quote: Quote
    item_ids: tuple[UUID, ...]
    applied_balance_amount: int
    """Negative when the customer's balance pays a part, positive when a debt is added."""
    payment_id: UUID | None
    processor: str | None
    invoice_number: str | None
    receipt_number: str | None
    version: int
    paid_at: datetime | None
    created_at: datetime
    modified_at: datetime

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(Item(item_id, line) for item_id, line in zip(self.item_ids, self.quote.lines, strict=True))

    @property
    def due_amount(self) -> int:
        """What is charged to the payment method."""
        return max(0, self.quote.total_amount + self.applied_balance_amount)


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


@dataclass(frozen=True, slots=True)
class OrderPaymentFailed:
    """An attempt to pay it failed."""

    order: Order
    declined: Declined


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
    """A new order, pending. `balance` is what the customer's balance takes over, as `applied_balance_amount`."""
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
    )
    return order, OrderCreated(order)


def requote(
    order: Order, placement: Placement, quote: Quote, item_ids: tuple[UUID, ...], *, balance: int = 0, now: datetime
) -> tuple[Order, OrderUpdated]:
    """The same order for the next attempt, as it was placed this time."""
    after = replace(_moved(order, "requote", now), placement=placement, quote=quote, item_ids=item_ids, applied_balance_amount=balance)
    return after, OrderUpdated(after)


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
    )
    return after, OrderPaid(after)


def fail(order: Order, declined: Declined, *, now: datetime) -> tuple[Order, OrderPaymentFailed]:
    """The order after an attempt that was declined; still pending."""
    after = _moved(order, "fail", now)
    return after, OrderPaymentFailed(after, declined)


def void(order: Order, *, now: datetime) -> tuple[Order, OrderVoided]:
    """The order as never to be paid."""
    after = _moved(order, "void", now)
    return after, OrderVoided(after)


def _moved(order: Order, verb: str, now: datetime) -> Order:
    return replace(order, status=OrderStatus(ORDER.after(verb, order.status)), version=order.version + 1, modified_at=now)
