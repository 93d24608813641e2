"""How a checkout and its order end: what an attempt's outcome does to both. The same rule for the answer of a call, for a fact that
arrives later, twice or in another order, and for a question asked of payments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.checkout.domain import checkout as checkouts
from services.checkout.domain import order_steps as orders
from services.checkout.domain.balance import BalanceChange
from services.checkout.domain.checkout import Checkout, CheckoutStatus
from services.checkout.domain.offer import first_order
from services.checkout.domain.order import ORDER, Order
from services.checkout.domain.payment import ActionNeeded, AttemptKind, AttemptOutcome, Declined, Succeeded
from services.checkout.domain.quote import Line

SettlementFact = (
    checkouts.CheckoutUpdated
    | checkouts.CheckoutPaymentActionRequired
    | checkouts.CheckoutSucceeded
    | orders.OrderPaid
    | orders.OrderPaymentFailed
)


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
    changes: tuple[BalanceChange, ...] = ()
    surplus: AttemptOutcome | None = None
    """Money came for what is already paid, or not wanted any more; somebody has to give it back."""


def pays(purchase: Purchase, outcome: AttemptOutcome) -> bool:
    """Whether the outcome makes the order paid, so that it needs its numbers.

    An attempt that was thought to have failed may succeed all the same. Its money pays for what it was asked for: not for another cart,
    which the open checkout may hold by then, and not for the order of a later attempt that costs something else.
    """
    result, order = outcome.outcome, purchase.order
    return isinstance(result, Succeeded) and ORDER.allows("pay", order.status) and _covers(result, order) and _is_offered(purchase)


def settle(purchase: Purchase, outcome: AttemptOutcome, numbers: Sequence[str], now: datetime) -> Settled:
    """The purchase after `outcome`. `numbers` fit the order's series if `pays`. What is over, or of an older attempt, changes nothing."""
    result = outcome.outcome
    if isinstance(result, Succeeded):
        return _succeeded(purchase, outcome, result, numbers, now)
    checkout = purchase.checkout
    if checkout.status is not CheckoutStatus.CONFIRMED or outcome.attempt != checkout.attempt:
        return Settled(purchase, ())
    if isinstance(result, Declined):
        return _declined(purchase, result, now)
    if isinstance(result, ActionNeeded) and checkout.payment_action != result.action:
        after, facts = checkouts.await_buyer(checkout, result.action, now=now)
        return Settled(Purchase(after, purchase.order), facts)
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
    return Settled(
        Purchase(checkout, order), (succeeded, paid), redeems_again=not was_confirmed, changes=orders.taken_again(purchase.order, now=now)
    )


def _covers(result: Succeeded, order: Order) -> bool:
    if result.payment_id is None:
        return order.due_amount == 0
    return result.amount in (None, order.due_amount)


def _is_offered(purchase: Purchase) -> bool:
    """Whether the checkout still offers what the order was made of; while it is confirmed nobody changes it."""
    checkout, order = purchase.checkout, purchase.order
    if checkout.status is CheckoutStatus.CONFIRMED:
        return True
    offer = checkout.offer
    discount_id = offer.discount.discount_id if offer.discount else None
    lines = [_bare(line) for line in first_order(offer, order.created_at).lines]
    return order.placement.discount_id == discount_id and lines == [_bare(line) for line in order.quote.lines]


def _bare(line: Line) -> Line:
    return replace(line, period=None, description="")


def _declined(purchase: Purchase, result: Declined, now: datetime) -> Settled:
    checkout, reopened = checkouts.reopen(purchase.checkout, result.failure, now=now)
    changes = orders.given_back(purchase.order, now=now)
    order, facts = replace(purchase.order, holds_balance=purchase.order.holds_balance and not changes), (reopened,)
    if purchase.checkout.attempt_kind is not AttemptKind.CHARGE:
        return Settled(Purchase(checkout, order), facts, releases_redemption=True, changes=changes)
    order, failed = orders.fail(order, result, now=now)
    return Settled(Purchase(checkout, order), (*facts, failed), releases_redemption=True, changes=changes)
