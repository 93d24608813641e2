"""How a checkout and its order end: what an attempt's outcome does to both. The same rule for the answer of a call, for a fact that
arrives later, twice or in another order, and for a question asked of payments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.checkout.domain import checkout as checkouts
from services.checkout.domain import order as orders
from services.checkout.domain.checkout import Checkout, CheckoutStatus
from services.checkout.domain.invoice import Series, invoice_series, receipt_series
from services.checkout.domain.order import ORDER, Order
from services.checkout.domain.organization import Organization
from services.checkout.domain.payment import ActionNeeded, AttemptKind, AttemptOutcome, Declined, Succeeded

SettlementFact = checkouts.CheckoutUpdated | checkouts.CheckoutSucceeded | orders.OrderPaid | orders.OrderPaymentFailed


@dataclass(frozen=True, slots=True)
class Purchase:
    """A checkout with the order that its confirmation made."""

    checkout: Checkout
    order: Order


@dataclass(frozen=True, slots=True)
class Settled:
    """A purchase after an outcome, and what became true by it."""

    purchase: Purchase
    facts: tuple[SettlementFact, ...]
    releases_redemption: bool = False
    redeems_again: bool = False
    """A late success of a purchase whose redemption was already given back."""
    surplus: AttemptOutcome | None = None
    """Money came for what is already paid; somebody has to give it back."""


def pays(purchase: Purchase, outcome: AttemptOutcome) -> bool:
    """Whether the outcome makes the order paid, so that it needs its numbers."""
    return isinstance(outcome.outcome, Succeeded) and ORDER.allows("pay", purchase.order.status)


def series_of(purchase: Purchase, organization: Organization) -> tuple[Series, ...]:
    """Where a paid order's numbers come from: the invoice's series, and the receipt's if something was charged."""
    order = purchase.order
    customer_id = order.placement.customer_id
    invoice = invoice_series(organization.id, organization.invoice_prefix, organization.invoice_numbering, customer_id)
    return (invoice, receipt_series(organization.id, customer_id)) if order.due_amount else (invoice,)


def settle(purchase: Purchase, outcome: AttemptOutcome, numbers: Sequence[str], now: datetime) -> Settled:
    """The purchase after `outcome`. `numbers` fit `series_of` if `pays`. What is over, or of an older attempt, changes nothing."""
    result = outcome.outcome
    if isinstance(result, Succeeded):
        return _succeeded(purchase, outcome, result, numbers, now)
    checkout = purchase.checkout
    if checkout.status is not CheckoutStatus.CONFIRMED or outcome.attempt != checkout.attempt:
        return Settled(purchase, ())
    if isinstance(result, Declined):
        return _declined(purchase, result, now)
    if isinstance(result, ActionNeeded) and checkout.payment_action != result.action:
        after, fact = checkouts.await_buyer(checkout, result.action, now=now)
        return Settled(Purchase(after, purchase.order), (fact,))
    return Settled(purchase, ())


def _succeeded(purchase: Purchase, outcome: AttemptOutcome, result: Succeeded, numbers: Sequence[str], now: datetime) -> Settled:
    if not pays(purchase, outcome):
        paid_twice = result.payment_id is not None and result.payment_id != purchase.order.payment_id
        return Settled(purchase, (), surplus=outcome if paid_twice else None)
    was_confirmed = purchase.checkout.status is CheckoutStatus.CONFIRMED
    checkout, succeeded = checkouts.succeed(purchase.checkout, result.payment_method_id, now=now)
    order, paid = orders.pay(
        purchase.order,
        payment_id=result.payment_id,
        processor=result.processor,
        invoice_number=numbers[0],
        receipt_number=numbers[1] if len(numbers) > 1 else None,
        now=now,
    )
    return Settled(Purchase(checkout, order), (succeeded, paid), redeems_again=not was_confirmed)


def _declined(purchase: Purchase, result: Declined, now: datetime) -> Settled:
    checkout, reopened = checkouts.reopen(purchase.checkout, result.failure, now=now)
    if purchase.checkout.attempt_kind is not AttemptKind.CHARGE:
        return Settled(Purchase(checkout, purchase.order), (reopened,), releases_redemption=True)
    order, failed = orders.fail(purchase.order, result, now=now)
    return Settled(Purchase(checkout, order), (reopened, failed), releases_redemption=True)
