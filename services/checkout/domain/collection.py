"""What the outcome of a charge does to an order that no checkout drives: paid, tried again later, given up or void. The same rule for
the answer of a call, for a fact that arrives late, twice or in another order, and for a question asked of payments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.checkout.domain import dunning as schedule
from services.checkout.domain import order_steps as orders
from services.checkout.domain.balance import BalanceChange, BalanceKey
from services.checkout.domain.charge import Charge, ChargeOutcome, moved
from services.checkout.domain.dunning import DunningPhase, UnpaidBehavior
from services.checkout.domain.fact import OrderFact
from services.checkout.domain.order import ORDER, BillingReason, Order
from services.checkout.domain.organization import Organization
from services.checkout.domain.payment import ActionNeeded, Declined, PaymentFailure, Succeeded

AUTHENTICATION_REQUIRED = Declined(
    PaymentFailure("authentication_required", "The bank asks the card's owner to confirm the payment."), retryable=True
)


@dataclass(frozen=True, slots=True)
class Collected:
    """An order with its charge under way, if any, and what became true."""

    order: Order
    charge: Charge | None
    facts: tuple[OrderFact, ...] = ()
    changes: tuple[BalanceChange, ...] = ()
    surplus: tuple[ChargeOutcome, ...] = ()
    """Money came for what is already paid; somebody has to give it back."""
    ended: tuple[Charge, ...] = ()
    """Charges that are over by it, or wait for the buyer."""
    balance: int = 0
    """What the customer has, wherever the order may become void."""


def one_by_one(
    orders: Sequence[Collected], balances: Mapping[BalanceKey, int], decide: Callable[[Collected], Collected]
) -> list[Collected]:
    """Each of them after `decide`, the oldest first: what becomes of one decides what its customer has left for the next."""
    left: dict[BalanceKey, int] = defaultdict(int, balances)
    decided = []
    for before in sorted(orders, key=lambda each: (each.order.created_at, each.order.id)):
        key = before.order.balance_key
        after = decide(replace(before, balance=left[key]))
        left[key] += sum(change.amount for change in after.changes)
        decided.append(after)
    return decided


def pays(order: Order, outcome: ChargeOutcome) -> bool:
    """Whether the outcome makes the order paid, so that it needs its numbers."""
    return isinstance(outcome.outcome, Succeeded) and ORDER.allows("pay", order.status)


def may_be_over(order: Order, outcome: ChargeOutcome) -> bool:
    """Whether the outcome may make the order void, so that it matters what its customer has."""
    return isinstance(outcome.outcome, Declined) and order.placement.is_delivered


def collect(before: Collected, outcome: ChargeOutcome, numbers: Sequence[str], organization: Organization, now: datetime) -> Collected:
    """After `outcome`. `numbers` fit the order's series if `pays`. What is over, or of an older attempt, changes nothing."""
    result, charge = outcome.outcome, before.charge
    is_under_way = charge is not None and charge.attempt == outcome.attempt
    if isinstance(result, Succeeded):
        return _succeeded(before, outcome, result, numbers, now)
    if charge is None or not is_under_way:
        return before
    if isinstance(result, ActionNeeded):
        return _action_needed(before, charge, result, now)
    if isinstance(result, Declined):
        return _declined(before, charge, result, organization, now)
    return before


def give_up(before: Collected, organization: Organization, now: datetime) -> Collected:
    """Nothing more is tried; by the organization's choice the order is void, or waits for somebody to pay it by hand.

    Usage that was settled between periods is void: it never ends a subscription, so there is none to keep for it.
    """
    order, exhausted = orders.give_up(before.order, now=now)
    after = replace(before, order=order, facts=(*before.facts, exhausted))
    is_usage = order.placement.billing_reason is BillingReason.SUBSCRIPTION_METER_CYCLE
    return void(after, now) if is_usage or organization.unpaid_behavior is UnpaidBehavior.CANCEL else after


def void(before: Collected, now: datetime) -> Collected:
    """The order is void: its customer loses what they have, as far as they owed for what was delivered; then what it took goes back."""
    order, voided = orders.void(before.order, balance=before.balance, now=now)
    changes = (*orders.lost(order, now=now), *orders.given_back(before.order, now=now))
    return replace(before, order=order, facts=(*before.facts, voided), changes=(*before.changes, *changes))


def _succeeded(before: Collected, outcome: ChargeOutcome, result: Succeeded, numbers: Sequence[str], now: datetime) -> Collected:
    if not pays(before.order, outcome):
        is_second = result.payment_id is not None and result.payment_id != before.order.payment_id
        return replace(_ended(before, outcome), surplus=(*before.surplus, outcome) if is_second else before.surplus)
    order, paid = orders.pay(
        before.order,
        payment_id=result.payment_id,
        processor=result.processor,
        invoice_number=numbers[0],
        receipt_number=numbers[1] if len(numbers) > 1 else None,
        now=now,
    )
    changes = orders.taken_again(before.order, now=now)
    return replace(_ended(before, outcome), order=order, facts=(*before.facts, paid), changes=(*before.changes, *changes))


def _action_needed(before: Collected, charge: Charge, result: ActionNeeded, now: datetime) -> Collected:
    if not charge.has_buyer:
        # It is given up at payments before it counts as a failure here, so that no money comes late.
        waiting = moved(charge, "await_buyer")
        return replace(before, charge=waiting, ended=(*before.ended, waiting))
    if before.order.payment_action == result.action:
        return before
    order, updated = orders.await_buyer(before.order, result.action, now=now)
    waiting = moved(charge, "await_buyer")
    return replace(before, order=order, charge=waiting, facts=(*before.facts, updated), ended=(*before.ended, waiting))


def _declined(before: Collected, charge: Charge, result: Declined, organization: Organization, now: datetime) -> Collected:
    after = replace(before, charge=None, ended=(*before.ended, moved(charge, "end")))
    if not ORDER.allows("fail", before.order.status):
        return after
    order, ends = before.order, before.order.placement.void_on_failure
    planned = order.dunning
    if charge.counts_for_dunning and not ends:
        planned = schedule.after_failure(order.dunning, retryable=result.retryable, days=organization.dunning_days, now=now)
    order, failed = orders.fail(order, result, dunning=planned, now=now)
    after = replace(after, order=order, facts=(*before.facts, failed))
    if ends:
        return void(after, now)
    was_over = before.order.dunning is not None and before.order.dunning.phase is DunningPhase.EXHAUSTED
    is_over = planned is not None and planned.phase is DunningPhase.EXHAUSTED
    return give_up(after, organization, now) if is_over and not was_over else after


def _ended(before: Collected, outcome: ChargeOutcome) -> Collected:
    charge = before.charge
    if charge is None or charge.attempt != outcome.attempt:
        return before
    return replace(before, charge=None, ended=(*before.ended, moved(charge, "end")))
