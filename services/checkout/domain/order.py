"""What a customer owes or has paid. Amounts follow from the lines:

subtotal = Σ items; net = subtotal − discount − (tax if inclusive); total = net + tax; due = max(0, total + applied balance).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.chassis.lifecycle import Lifecycle
from services.checkout.domain.address import Address
from services.checkout.domain.balance import BalanceChange, BalanceKey, BalanceTransactionType
from services.checkout.domain.dunning import Dunning
from services.checkout.domain.interval import Period
from services.checkout.domain.metadata import Metadata
from services.checkout.domain.payment import PaymentAction, PaymentFailure
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
        "await_buyer": {OrderStatus.PENDING: OrderStatus.PENDING},
        "exhaust": {OrderStatus.PENDING: OrderStatus.PENDING},
        # Money that arrives late still pays: what was voided meanwhile is delivered.
        "pay": {OrderStatus.PENDING: OrderStatus.PAID, OrderStatus.VOID: OrderStatus.PAID},
        "void": {OrderStatus.PENDING: OrderStatus.VOID},
    },
)


class BillingReason(StrEnum):
    """What made an order due."""

    PURCHASE = "purchase"
    SUBSCRIPTION_CREATE = "subscription_create"
    SUBSCRIPTION_CYCLE = "subscription_cycle"
    SUBSCRIPTION_UPDATE = "subscription_update"
    SUBSCRIPTION_METER_CYCLE = "subscription_meter_cycle"


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
    seats: int | None = None
    """Sold by a one-time order."""
    period: Period | None = None
    """That began with it, for the cycle of a subscription."""
    payment_method_id: UUID | None = None
    """The saved card that is charged, if it is still there: the customer's default at that time, else the subscription's own."""
    void_on_failure: bool = False
    """A failed charge is the end of it."""
    is_delivered: bool = False
    """What it bills was there before it is paid: unpaid, it costs the customer what they have with the merchant."""


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
    holds_balance: bool = False
    """Whether the customer's balance has the applied amount in it."""
    forfeited_amount: int = 0
    """What the customer's balance lost because this order is void."""
    payment_attempts: int = 0
    payment_failure: PaymentFailure | None = None
    payment_action: PaymentAction | None = None
    dunning: Dunning | None = None

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(Item(item_id, line) for item_id, line in zip(self.item_ids, self.quote.lines, strict=True))

    @property
    def due_amount(self) -> int:
        """What is charged to the payment method."""
        return max(0, self.quote.total_amount + self.applied_balance_amount)

    @property
    def balance_key(self) -> BalanceKey:
        """The balance that it changes."""
        return BalanceKey(self.organization_id, self.placement.customer_id, self.quote.currency)

    def balance_change(self, kind: BalanceTransactionType, amount: int, now: datetime) -> tuple[BalanceChange, ...]:
        """What this order does to its customer's balance; nothing for 0."""
        return (BalanceChange(self.balance_key, kind, amount, now, self.id),) if amount else ()
