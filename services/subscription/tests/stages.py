"""A subscription in each situation that a row can say."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from services.chassis.ids import new_id
from services.pricing.price import CustomPrice, UnitBasedPrice, UnitLabel
from services.pricing.reduction import FixedReduction
from services.pricing.tiers import Tier
from services.subscription.domain.changes import Why, canceled, paused, revoked
from services.subscription.domain.cycle import caught_up
from services.subscription.domain.discount import attached
from services.subscription.domain.periods import Interval
from services.subscription.domain.status import Status
from services.subscription.domain.subscription import ChargingUpdate, PendingUpdate, ProductTarget, Subscription
from services.subscription.tests.builders import MONTHLY, NOW, a_subscription, at, by_seats, discount, price, terms


def latest(before: Subscription, now: datetime) -> Subscription:
    return caught_up(before, at(now))[-1].after


_SEATS = terms(
    prices=(price(0), by_seats((5, 1000), (None, 900), graduated=True)),
    seats=3,
    discount=attached(discount("repeating", 3), NOW, MONTHLY, 0),
    payment_method_id=new_id(),
)
_UNITS = terms(prices=(price(UnitBasedPrice((Tier(None, 5),), unit_label={"en": UnitLabel("calls", "call")})),), units=40)
_TARGET = ProductTarget(new_id(), "Team", replace(MONTHLY, interval=Interval.YEAR), (price(9900),), "inclusive")
_PAUSED = paused(a_subscription(), NOW + timedelta(days=90), at()).after
STAGES: dict[str, Subscription] = {
    "active": a_subscription(external_customer_id="u1"),
    "trialing": a_subscription(trial_days=14),
    "after its trial": latest(a_subscription(trial_days=14), NOW + timedelta(days=20)),
    "renewed": latest(a_subscription(), NOW + timedelta(days=200)),
    "canceled": canceled(a_subscription(), Why("unused", "too quiet"), at()).after,
    "ended": revoked(a_subscription(), Why(), at()).after,
    "about to pause": _PAUSED,
    "paused": latest(_PAUSED, NOW + timedelta(days=40)),
    "past due": replace(a_subscription(), status=Status.PAST_DUE, past_due_at=NOW),
    "with seats and a discount": a_subscription(terms=_SEATS),
    "with units": a_subscription(terms=_UNITS),
    "with a fixed discount": a_subscription(discount=discount("once", reduction=FixedReduction({"eur": 500, "usd": 600}))),
    "with a custom price": a_subscription(terms=terms(prices=(price(CustomPrice(100, None, 500), chosen=700),))),
    "with a change to come": replace(a_subscription(), pending_update=PendingUpdate(NOW, NOW + timedelta(days=28), _TARGET, seats=7)),
    "with a change that is charged": replace(a_subscription(), charging_update=ChargingUpdate(new_id(), NOW, _SEATS, anchor=NOW)),
    "announced": replace(a_subscription(), announced_end=NOW + timedelta(days=28), metadata={"a": "b", "n": 1}),
}
