"""What becomes of orders that nobody paid."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from services.checkout.domain.charge import Charge, ChargeStatus, ChargeTrigger
from services.checkout.domain.collection import Collected, give_up
from services.checkout.domain.dunning import Dunning, DunningPhase, UnpaidBehavior
from services.checkout.domain.order import BillingReason, OrderStatus
from services.checkout.tests.builders import NOW, order, organization, placement

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
