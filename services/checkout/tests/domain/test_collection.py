"""What becomes of orders that nobody paid."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.checkout.domain.balance import BalanceTransactionType, applied_balance
from services.checkout.domain.charge import Charge, ChargeOutcome, ChargeStatus, ChargeTrigger
from services.checkout.domain.collection import Collected, collect, give_up, one_by_one, void
from services.checkout.domain.dunning import Dunning, DunningPhase, UnpaidBehavior
from services.checkout.domain.order import BillingReason, Order, OrderStatus
from services.checkout.domain.payment import Succeeded
from services.checkout.tests.builders import NOW, order, organization, placement, quote

BUYERS = {ChargeTrigger.CUSTOMER, ChargeTrigger.NEW_CARD}
CYCLE, USAGE = BillingReason.SUBSCRIPTION_CYCLE, BillingReason.SUBSCRIPTION_METER_CYCLE


@pytest.mark.parametrize(
    ("reason", "behavior", "status"),
    [
        (CYCLE, UnpaidBehavior.CANCEL, OrderStatus.VOID),
        (CYCLE, UnpaidBehavior.KEEP, OrderStatus.PENDING),
        (USAGE, UnpaidBehavior.CANCEL, OrderStatus.VOID),
        (USAGE, UnpaidBehavior.KEEP, OrderStatus.VOID),
    ],
)
def test_what_was_never_paid_is_kept_by_choice_and_usage_never(
    reason: BillingReason, behavior: UnpaidBehavior, status: OrderStatus
) -> None:
    owed = replace(order(placement=placement(billing_reason=reason)), dunning=Dunning(DunningPhase.RETRYING, NOW, NOW))
    ended = give_up(Collected(owed, None), organization(unpaid_behavior=behavior), NOW)
    names = [type(fact).__name__ for fact in ended.facts]
    assert ended.order.status is status
    assert names == ["OrderDunningExhausted", "OrderVoided"][: 2 if status is OrderStatus.VOID else 1]


@pytest.mark.parametrize("trigger", list(ChargeTrigger))
def test_what_a_buyer_tries_does_not_count_for_the_schedule(trigger: ChargeTrigger) -> None:
    charge = Charge(uuid4(), uuid4(), 1, trigger, ChargeStatus.ASKED, uuid4(), NOW)
    assert charge.counts_for_dunning is (trigger not in BUYERS)


AMOUNTS = st.integers(50, 5_000)
BALANCES = st.integers(-3_000, 6_000)
ADA, ORGANIZATION = uuid4(), uuid4()


def delivered(total: int, balance: int = 0, *, is_delivered: bool = True) -> Order:
    """An unpaid cycle of one customer, made while they had `balance`."""
    billed = placement(customer_id=ADA, billing_reason=CYCLE, is_delivered=is_delivered)
    made = order(quote(total), placement=billed, organization_id=ORGANIZATION)
    return replace(made, applied_balance_amount=applied_balance(total, balance, "eur"))


@given(AMOUNTS, BALANCES, BALANCES, st.booleans())
def test_a_void_order_takes_what_was_credited_since_and_gives_back_what_it_took(
    total: int, before: int, since: int, is_delivered: bool
) -> None:
    owed = delivered(total, before, is_delivered=is_delivered)
    ended = void(Collected(owed, None, balance=since), NOW)
    by_type = {change.type: change.amount for change in ended.changes}
    lost = -by_type.get(BalanceTransactionType.ORDER_VOIDED, 0)
    assert lost == ended.order.forfeited_amount == (max(0, min(since, owed.due_amount)) if is_delivered else 0)
    assert since - lost >= min(since, 0), "never below zero by it"
    assert by_type.get(BalanceTransactionType.ORDER_RETURNED, 0) == -owed.applied_balance_amount


@given(AMOUNTS, BALANCES, BALANCES)
def test_late_money_makes_the_balance_what_it_would_have_been(total: int, before: int, since: int) -> None:
    ended = void(Collected(delivered(total, before), None, balance=since), NOW)
    outcome = ChargeOutcome(ended.order.id, 1, Succeeded(uuid4(), "stripe", None))
    paid = collect(ended, outcome, ("A-0001", "R-0001"), organization(), NOW)
    assert paid.order.status is OrderStatus.PAID
    assert sum(change.amount for change in paid.changes) == 0
    assert paid.order.forfeited_amount == 0


@given(st.lists(AMOUNTS, min_size=1, max_size=5), st.integers(0, 6_000))
def test_what_one_order_took_the_next_does_not_find(totals: list[int], balance: int) -> None:
    owed = [delivered(total) for total in totals]
    ended = one_by_one([Collected(each, None) for each in owed], {owed[0].balance_key: balance}, lambda step: void(step, NOW))
    assert sum(step.order.forfeited_amount for step in ended) == min(balance, sum(each.due_amount for each in owed))
