"""What a subscription owes becomes an order: the same arithmetic for the order itself and for a preview of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from services.checkout.domain import order_steps as orders
from services.checkout.domain.balance import BalanceChange, BalanceKey, applied_balance, type_of
from services.checkout.domain.customer import Customer
from services.checkout.domain.description import with_discount
from services.checkout.domain.discount import AppliedDiscount
from services.checkout.domain.interval import Period
from services.checkout.domain.metadata import Metadata
from services.checkout.domain.order import BillingReason, Order, Placement
from services.checkout.domain.order_steps import OrderCreated
from services.checkout.domain.organization import Organization
from services.checkout.domain.price import TaxBehavior
from services.checkout.domain.quote import Line, Quote, price_lines
from services.checkout.domain.tax import TaxRate, is_inclusive
from services.pricing.price import check_largest
from services.pricing.reduction import FixedReduction, Reduction


@dataclass(frozen=True, slots=True)
class Billing:
    """Lines that became due, and all that an order of them needs to know."""

    organization_id: UUID
    order_id: UUID
    subscription_id: UUID
    customer_id: UUID
    product_id: UUID | None
    reason: BillingReason
    currency: str
    tax_behavior: TaxBehavior | None
    """None: as the organization sells."""
    discount: AppliedDiscount | None
    payment_method_id: UUID | None
    """The subscription's own card: charged if its payer has no default."""
    lines: tuple[Line, ...]
    description: str
    period: Period | None
    void_on_failure: bool
    metadata: Metadata = field(default_factory=dict)
    """The subscription's."""
    has_ended: bool = False
    """The subscription: what it still owes is charged once."""

    @property
    def cycle_start(self) -> datetime | None:
        """Of the cycle that it bills; an order for each is made once."""
        return self.period.start if self.period and self.reason is BillingReason.SUBSCRIPTION_CYCLE else None

    @property
    def balance_key(self) -> BalanceKey:
        """The balance that its order changes."""
        return BalanceKey(self.organization_id, self.customer_id, self.currency)

    @property
    def is_delivered(self) -> bool:
        """A period has begun, or is over, by the time that it is billed; a change that is charged first is not made before it is paid."""
        if self.reason is BillingReason.SUBSCRIPTION_UPDATE:
            return not self.void_on_failure
        return self.reason is BillingReason.SUBSCRIPTION_CYCLE


@dataclass(frozen=True, slots=True)
class Billed:
    """The order of a billing, and what it adds to the customer's balance."""

    order: Order
    fact: OrderCreated
    changes: tuple[BalanceChange, ...]


def quote_of(billing: Billing, payer: Customer, organization: Organization, rates: Sequence[TaxRate] | None) -> Quote:
    """The lines with discount and tax. `rates` None: the payer's place is not known."""
    address = payer.details.billing_address
    behavior = billing.tax_behavior or organization.default_tax_behavior
    quote = price_lines(
        billing.currency,
        billing.lines,
        reduction=_reduction(billing),
        rates=rates,
        inclusive=is_inclusive(behavior, address.country if address else organization.country),
    )
    if billing.discount is None:
        return quote
    return replace(quote, lines=tuple(with_discount(line, billing.currency) for line in quote.lines))


def order_of(
    billing: Billing, payer: Customer, organization: Organization, quote: Quote, item_ids: tuple[UUID, ...], *, balance: int, now: datetime
) -> Billed:
    """The order, pending. `balance` is the payer's before it."""
    applied = applied_balance(quote.total_amount, balance, billing.currency)
    order, fact = orders.place(billing.order_id, organization.id, _placement(billing, payer), quote, item_ids, balance=applied, now=now)
    return Billed(order, fact, order.balance_change(type_of(quote.total_amount, balance, applied), applied, now))


def check_chargeable(order: Order) -> None:
    """AmountAboveMaximum if no processor takes that much at once."""
    check_largest(order.due_amount, order.quote.currency, at="billing.lines")


def _reduction(billing: Billing) -> Reduction | None:
    if billing.discount is None:
        return None
    # A fixed amount is for the price of a period, which is billed beside usage that is settled in between.
    is_fixed = isinstance(billing.discount.reduction, FixedReduction)
    return None if is_fixed and billing.reason is BillingReason.SUBSCRIPTION_METER_CYCLE else billing.discount.reduction


def _placement(billing: Billing, payer: Customer) -> Placement:
    details = payer.details
    return Placement(
        customer_id=payer.id,
        external_customer_id=details.external_id,
        billing_reason=billing.reason,
        product_id=billing.product_id,
        discount_id=billing.discount.discount_id if billing.discount else None,
        subscription_id=billing.subscription_id,
        checkout_id=None,
        description=billing.description,
        billing_name=details.billing_name or details.name,
        billing_address=details.billing_address,
        customer_tax_id=details.tax_id,
        metadata=billing.metadata,
        period=billing.period,
        payment_method_id=payer.default_payment_method_id or billing.payment_method_id,
        void_on_failure=billing.void_on_failure or billing.has_ended,
        is_delivered=billing.is_delivered,
    )
