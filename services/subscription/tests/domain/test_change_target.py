"""What a change leads to: quantities within bounds, taxes, and what goes on waiting beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.pricing.errors import AmountAboveMaximum
from services.pricing.price import LARGEST_PRICE, SeatBasedPrice, UnitBasedPrice
from services.pricing.tiers import Tier
from services.subscription.domain.catalog import CatalogProduct
from services.subscription.domain.change_decision import Rules, changed
from services.subscription.domain.change_errors import SeatsBelowAssigned
from services.subscription.domain.change_shapes import (
    ProductChange,
    ProrationBehavior,
    ProrationDefaults,
    SeatsChange,
    SoldChange,
    UnitsChange,
)
from services.subscription.domain.change_target import scheduled_update, still_pending, update_of
from services.subscription.domain.pending import updated_terms
from services.subscription.domain.periods import Interval, Period
from services.subscription.domain.status import Status
from services.subscription.domain.subscription import PendingUpdate, Subscription, Terms
from services.subscription.tests.builders import NOW, a_subscription, at, by_seats, price, terms
from services.subscription.tests.domain.change_strategies import like

DAY = timedelta(days=1)
_PRORATE = Rules(ProrationDefaults(), ProrationBehavior.PRORATE)


def team(seats: int = 3) -> Subscription:
    return a_subscription(terms=terms(prices=(by_seats((None, 1000)),), seats=seats))


def another(sold: Terms, tax_behavior: str = "", least: int = 1, most: int | None = None) -> CatalogProduct:
    """A product by seats, between `least` and `most` of them."""
    product = like(sold, [700], (Interval.MONTH, 1))
    bounded = SeatBasedPrice((Tier(None, 700),), minimum_seats=least, maximum_seats=most)
    return replace(product, prices=tuple(replace(each, amount=bounded, tax_behavior=tax_behavior) for each in product.prices))


def update(before: Subscription, wish: SoldChange, assigned: int = 0) -> PendingUpdate:
    return update_of(before, wish, assigned, NOW)


def test_what_was_charged_once_is_taxed_as_it_was_sold() -> None:
    before = team()
    on_top = replace(before, status=Status.TRIALING, trial=Period(NOW + DAY, NOW + 9 * DAY))
    for charged in (before, on_top):
        wish = ProductChange(another(before.terms, "inclusive"))
        assert changed(charged, wish, _PRORATE, at()).change.after.terms.tax_behavior == "exclusive"


@pytest.mark.parametrize(("said", "applies"), [("", "exclusive"), ("inclusive", "inclusive")])
def test_what_was_never_charged_is_taxed_as_the_new_price_says(said: str, applies: str) -> None:
    free = a_subscription(terms=terms(prices=(by_seats((None, 0)),), seats=3))
    for before in (free, a_subscription(14, terms=team().terms)):
        wish = ProductChange(another(before.terms, said))
        assert changed(before, wish, _PRORATE, at()).change.after.terms.tax_behavior == applies


@pytest.mark.parametrize(
    ("least", "most", "asked", "becomes"), [(1, None, None, 3), (5, None, None, 5), (1, 2, None, 2), (1, None, 8, 8), (3, 3, None, 3)]
)
def test_a_number_stays_within_the_bounds_of_another_product(least: int, most: int | None, asked: int | None, becomes: int) -> None:
    before = team(3)
    to_come = update(before, ProductChange(another(before.terms, least=least, most=most), seats=asked))
    assert updated_terms(before.terms, to_come).seats == becomes
    assert (to_come.seats is None) == (asked is None and becomes == 3)


def test_as_few_seats_as_are_assigned_and_no_fewer() -> None:
    before = team(5)
    assert update(before, SeatsChange(2), 2).seats == 2
    for wish in (SeatsChange(1), ProductChange(another(before.terms), seats=1), ProductChange(another(before.terms, most=1))):
        with pytest.raises(SeatsBelowAssigned):
            update(before, wish, 2)


def test_a_count_at_once_leaves_a_product_to_come_and_nothing_else() -> None:
    before = team(3)
    product = replace(before, pending_update=update(before, ProductChange(another(before.terms, least=2, most=4), seats=2)))
    kept = still_pending(product, update(before, SeatsChange(9)))
    assert product.pending_update is not None
    assert kept == replace(product.pending_update, seats=4)
    assert still_pending(product, update(before, ProductChange(another(before.terms)))) is None
    count = replace(before, pending_update=update(before, SeatsChange(2)))
    assert still_pending(count, update(before, SeatsChange(9))) is None
    assert still_pending(before, update(before, SeatsChange(9))) is None


def test_a_count_to_come_is_one_of_the_product_to_come() -> None:
    before = team(3)
    to_come = update(before, ProductChange(another(before.terms, most=4)))
    waiting = replace(before, pending_update=to_come)
    assert scheduled_update(waiting, SeatsChange(4), 0, NOW) == replace(to_come, seats=4)
    with pytest.raises(Exception, match="at most 4"):
        scheduled_update(waiting, SeatsChange(5), 0, NOW)
    again = scheduled_update(waiting, ProductChange(another(before.terms, most=4), seats=1), 0, NOW)
    assert (again.product is not None, again.product != to_come.product, again.seats) == (True, True, 1)


def sells_too_much(kind: str) -> tuple[Subscription, SoldChange]:
    """A wish whose full period costs one more than a charge can be: three of a third each and 1 beside them."""
    third = LARGEST_PRICE // 3
    if kind == "units":
        return a_subscription(terms=terms(prices=(price(UnitBasedPrice((Tier(None, third),))), price(1)), units=1)), UnitsChange(3)
    before = a_subscription(terms=terms(prices=(by_seats((None, third)), price(1)), seats=1))
    if kind == "seats":
        return before, SeatsChange(3)
    return before, ProductChange(like(before.terms, [third + 1, 1], (Interval.MONTH, 1)), seats=3)


@pytest.mark.parametrize("behavior", ProrationBehavior)
@pytest.mark.parametrize("trial_days", [0, 14])
@pytest.mark.parametrize("kind", ["seats", "units", "product"])
def test_a_full_period_costs_no_more_than_a_charge_can_be(kind: str, trial_days: int, behavior: ProrationBehavior) -> None:
    sold, wish = sells_too_much(kind)
    with pytest.raises(AmountAboveMaximum) as refused:
        changed(a_subscription(trial_days, terms=sold.terms), wish, Rules(ProrationDefaults(), behavior), at())
    assert refused.value.violations[0].field == f"change.{kind}"


def test_a_full_period_may_cost_as_much_as_a_charge_can_be() -> None:
    before = a_subscription(terms=terms(prices=(by_seats((None, LARGEST_PRICE // 3)),), seats=1))
    assert changed(before, SeatsChange(3), _PRORATE, at()).change.after.terms.amount == LARGEST_PRICE


def test_a_count_at_once_is_not_too_much_for_the_product_to_come() -> None:
    before = team(1)
    dear = ProductChange(like(before.terms, [LARGEST_PRICE // 3], (Interval.MONTH, 1)))
    waiting = changed(before, dear, Rules(ProrationDefaults(), ProrationBehavior.NEXT_PERIOD), at()).change.after
    assert changed(waiting, SeatsChange(3), _PRORATE, at()).change.after.terms.seats == 3
    with pytest.raises(AmountAboveMaximum):
        changed(waiting, SeatsChange(4), _PRORATE, at())
