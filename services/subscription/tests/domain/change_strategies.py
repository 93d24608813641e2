"""Subscriptions and wishes of all kinds, for properties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from services.chassis.ids import new_id
from services.pricing.price import FixedPrice, PriceAmount, SeatBasedPrice, UnitBasedPrice
from services.pricing.reduction import FixedReduction, Percentage
from services.pricing.tiers import Tier, TierType
from services.subscription.domain.catalog import CatalogProduct
from services.subscription.domain.change_decision import Rules
from services.subscription.domain.change_shapes import (
    DiscountChange,
    PeriodEndChange,
    ProductChange,
    ProrationBehavior,
    ProrationDefaults,
    SeatsChange,
    TrialEndChange,
    UnitsChange,
    Wish,
)
from services.subscription.domain.discount import AppliedDiscount, DiscountDuration
from services.subscription.domain.periods import Interval, Recurrence
from services.subscription.domain.price import Price
from services.subscription.domain.start import Purchase
from services.subscription.domain.subscription import Terms
from services.subscription.tests.builders import NOW, ORGANIZATION, price, purchase, terms

AMOUNTS = st.sampled_from([0, 1, 99, 1000, 1999, 4900, 99_999])
COUNTS = st.integers(1, 12)
TIERS = st.lists(AMOUNTS, min_size=1, max_size=3).map(
    lambda rates: tuple(Tier(None if index == len(rates) - 1 else 3 * (index + 1), rate) for index, rate in enumerate(rates))
)
TIER_TYPES = st.sampled_from(TierType)
SEAT_PRICES = st.builds(SeatBasedPrice, TIERS, TIER_TYPES, st.just(1), st.sampled_from([None, 8]))
UNIT_PRICES = st.builds(UnitBasedPrice, TIERS, TIER_TYPES, st.just(1), st.none())
REDUCTIONS = st.one_of(
    st.builds(Percentage, st.sampled_from([1, 3333, 5000, 10_000])),
    st.sampled_from([1, 700, 10**6]).map(lambda amount: FixedReduction({"eur": amount})),
)
DISCOUNTS = st.one_of(
    st.builds(lambda reduction: AppliedDiscount(new_id(), reduction, DiscountDuration.FOREVER), REDUCTIONS),
    st.builds(lambda reduction: AppliedDiscount(new_id(), reduction, DiscountDuration.ONCE), REDUCTIONS),
    st.builds(lambda reduction: AppliedDiscount(new_id(), reduction, DiscountDuration.REPEATING, 3), REDUCTIONS),
)
RECURRENCES = st.sampled_from([*[(Interval.MONTH, 1)] * 4, (Interval.YEAR, 1), (Interval.WEEK, 2)])
BEHAVIORS = st.sampled_from(ProrationBehavior)
RULES = st.builds(Rules, st.builds(ProrationDefaults, BEHAVIORS, BEHAVIORS), st.none() | BEHAVIORS, st.integers(0, 3))


@st.composite
def price_lists(draw: st.DrawFn) -> tuple[Price, ...]:
    """A fixed price, one that counts, or both."""
    kind = draw(st.sampled_from(["fixed", "fixed", "seats", "units", "fixed and seats"]))
    prices = [price(draw(AMOUNTS))] if "fixed" in kind else []
    if "seats" in kind:
        prices.append(price(draw(SEAT_PRICES)))
    if "units" in kind:
        prices.append(price(draw(UNIT_PRICES)))
    return tuple(prices)


@st.composite
def purchases(draw: st.DrawFn) -> Purchase:
    prices = draw(price_lists())
    interval, count = draw(RECURRENCES)
    kinds = {type(each.amount) for each in prices}
    sold = terms(
        prices=prices,
        recurrence=Recurrence(interval, count, "UTC"),
        seats=draw(COUNTS) if SeatBasedPrice in kinds else None,
        units=draw(COUNTS) if UnitBasedPrice in kinds else None,
    )
    return purchase(draw(st.sampled_from([0, 0, 0, 10])), terms=sold, discount=draw(st.none() | DISCOUNTS))


@st.composite
def products(draw: st.DrawFn) -> CatalogProduct:
    interval, count = draw(RECURRENCES)
    trial = draw(st.sampled_from([None, (Interval.DAY, 5), (Interval.MONTH, 1)]))
    return CatalogProduct(
        organization_id=ORGANIZATION,
        id=new_id(),
        version=1,
        name="Other",
        is_archived=draw(st.integers(0, 20)) == 0,
        interval=interval,
        interval_count=count,
        trial_interval=trial[0] if trial else None,
        trial_interval_count=trial[1] if trial else 0,
        prices=draw(price_lists()),
    )


def like(sold: Terms, rates: Sequence[int], recurrence: tuple[Interval, int]) -> CatalogProduct:
    """A product that is sold as what was sold, at other rates."""
    prices = []
    for old, rate in zip(sold.prices, rates, strict=False):
        amount: PriceAmount = FixedPrice(rate)
        if isinstance(old.amount, SeatBasedPrice | UnitBasedPrice):
            amount = replace(old.amount, tiers=(Tier(None, rate),))
        prices.append(replace(old, id=new_id(), amount=amount))
    return CatalogProduct(ORGANIZATION, new_id(), 1, "Alike", False, *recurrence, None, 0, tuple(prices))


WISHES: st.SearchStrategy[Wish] = st.one_of(
    st.builds(ProductChange, products(), st.none() | COUNTS, st.none() | COUNTS),
    st.builds(ProductChange, products()),
    st.builds(SeatsChange, COUNTS),
    st.builds(UnitsChange, COUNTS),
    st.builds(DiscountChange, st.none() | DISCOUNTS),
    st.builds(TrialEndChange, st.none() | st.integers(0, 60).map(lambda days: NOW + timedelta(days=days))),
    st.builds(PeriodEndChange, st.integers(0, 60).map(lambda days: NOW + timedelta(days=days))),
)
