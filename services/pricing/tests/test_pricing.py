"""Amounts of prices: the tables of the rules, and what holds for all of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pricing.errors import PriceBoundsInvalid, PriceTiersInvalid, QuantityNotAllowed
from services.pricing.price import (
    CustomPrice,
    FixedPrice,
    PriceAmount,
    SeatBasedPrice,
    UnitBasedPrice,
    amount_of,
    check_counted,
    check_quantity,
    is_free,
    quantity_of,
)
from services.pricing.tiers import Tier, TierType, check_tiers, tiered_amount

VOLUME, GRADUATED = TierType.VOLUME, TierType.GRADUATED
TIERS = (Tier(10, 1000), Tier(50, 800), Tier(None, 500))
QUANTITIES = st.integers(0, 10_000)


@st.composite
def tier_tables(draw: st.DrawFn) -> tuple[Tier, ...]:
    bounds = sorted(draw(st.sets(st.integers(1, 5000), max_size=6)))
    rates = draw(st.lists(st.integers(0, 99_999_999), min_size=len(bounds) + 1, max_size=len(bounds) + 1))
    return tuple(Tier(bound, rate) for bound, rate in zip([*bounds, None], rates, strict=True))


@pytest.mark.parametrize(
    ("quantity", "volume", "graduated"),
    [
        (0, 0, 0),
        (1, 1000, 1000),
        (10, 10_000, 10_000),
        (11, 8_800, 10_800),  # 11 × 8.00; 10 × 10.00 + 1 × 8.00
        (50, 40_000, 42_000),
        (51, 25_500, 42_500),
        (100, 50_000, 67_000),
    ],
)
def test_a_quantity_meets_the_tiers(quantity: int, volume: int, graduated: int) -> None:
    assert tiered_amount(VOLUME, TIERS, quantity) == volume
    assert tiered_amount(GRADUATED, TIERS, quantity) == graduated


@given(tier_tables(), QUANTITIES)
def test_volume_is_the_quantity_at_the_rate_of_its_tier(tiers: tuple[Tier, ...], quantity: int) -> None:
    matching = [tier for tier in tiers if tier.bound is None or quantity <= tier.bound]
    assert tiered_amount(VOLUME, tiers, quantity) == quantity * matching[0].unit_amount


@given(tier_tables(), QUANTITIES)
def test_graduated_grows_by_the_rate_of_the_next_unit(tiers: tuple[Tier, ...], quantity: int) -> None:
    step = tiered_amount(GRADUATED, tiers, quantity + 1) - tiered_amount(GRADUATED, tiers, quantity)
    next_unit = next(tier for tier in tiers if tier.bound is None or quantity < tier.bound)
    assert step == next_unit.unit_amount >= 0


@given(tier_tables(), QUANTITIES, QUANTITIES)
def test_graduated_never_falls_with_the_quantity(tiers: tuple[Tier, ...], one: int, other: int) -> None:
    assert tiered_amount(GRADUATED, tiers, min(one, other)) <= tiered_amount(GRADUATED, tiers, max(one, other))


@given(st.integers(0, 99_999_999), QUANTITIES, st.sets(st.integers(1, 5000), max_size=5))
def test_tiers_of_one_rate_are_a_plain_price_a_unit(rate: int, quantity: int, bounds: set[int]) -> None:
    tiers = tuple(Tier(bound, rate) for bound in [*sorted(bounds), None])
    assert tiered_amount(VOLUME, tiers, quantity) == tiered_amount(GRADUATED, tiers, quantity) == quantity * rate


@given(tier_tables())
def test_every_ascending_table_with_an_open_end_is_taken(tiers: tuple[Tier, ...]) -> None:
    check_tiers(tiers, at="tiers")
    assert tiers[-1].bound is None


@pytest.mark.parametrize(
    ("tiers", "field"),
    [
        ((), "p.tiers"),
        ((Tier(5, 1),), "p.tiers[0].bound"),
        ((Tier(None, 1), Tier(None, 1)), "p.tiers[0].bound"),
        ((Tier(0, 1), Tier(None, 1)), "p.tiers[0].bound"),
        ((Tier(5, 1), Tier(5, 1), Tier(None, 1)), "p.tiers[1].bound"),
        ((Tier(5, 1), Tier(4, 1), Tier(None, 1)), "p.tiers[1].bound"),
        ((Tier(5, 1), Tier(9, 1)), "p.tiers[1].bound"),
    ],
)
def test_a_table_with_gaps_or_without_an_end_is_refused_by_its_tier(tiers: tuple[Tier, ...], field: str) -> None:
    with pytest.raises(PriceTiersInvalid) as refused:
        check_counted(SeatBasedPrice(tiers), at="p")
    assert [violation.field for violation in refused.value.violations] == [field]


def test_bounds_of_a_quantity_must_leave_something() -> None:
    check_counted(UnitBasedPrice(TIERS, minimum_units=5, maximum_units=5), at="p")
    with pytest.raises(PriceBoundsInvalid) as refused:
        check_counted(UnitBasedPrice(TIERS, minimum_units=6, maximum_units=5), at="p")
    assert refused.value.violations[0].field == "p.maximum_units"


@pytest.mark.parametrize(("quantity", "is_sold"), [(1, False), (2, True), (5, True), (6, False)])
def test_only_quantities_within_the_bounds_are_sold(quantity: int, is_sold: bool) -> None:
    price = SeatBasedPrice(TIERS, minimum_seats=2, maximum_seats=5)
    if is_sold:
        check_quantity(price, quantity, at="seats")
        assert quantity_of(price, seats=quantity) == quantity
        return
    with pytest.raises(QuantityNotAllowed) as refused:
        check_quantity(price, quantity, at="seats")
    assert refused.value.violations[0].field == "seats"


@pytest.mark.parametrize(
    ("price", "amount"),
    [
        (FixedPrice(700), 700),
        (CustomPrice(50, None, 900), 300),
        (SeatBasedPrice(TIERS), 12 * 800),
        (SeatBasedPrice(TIERS, GRADUATED), 10 * 1000 + 2 * 800),
        (UnitBasedPrice(TIERS), 60 * 500),
    ],
)
def test_each_kind_takes_what_concerns_it(price: PriceAmount, amount: int) -> None:
    assert amount_of(price, seats=12, units=60, chosen=300) == amount


@pytest.mark.parametrize(
    ("price", "amount"),
    [
        (CustomPrice(50, None, 900), 900),
        (CustomPrice(50, None, None), 50),
        (CustomPrice(), 0),
        (SeatBasedPrice(TIERS, minimum_seats=3), 3000),
        (UnitBasedPrice(TIERS), 0),
    ],
)
def test_without_a_choice_the_least_is_bought(price: PriceAmount, amount: int) -> None:
    assert amount_of(price) == amount


@pytest.mark.parametrize(
    ("price", "free"),
    [
        (FixedPrice(0), True),
        (FixedPrice(1), False),
        (CustomPrice(0), False),
        (SeatBasedPrice((Tier(5, 0), Tier(None, 0))), True),
        (SeatBasedPrice((Tier(5, 0), Tier(None, 1))), False),
        (UnitBasedPrice((Tier(None, 0),)), True),
    ],
)
def test_free_is_what_never_costs_anything(price: PriceAmount, free: bool) -> None:
    assert is_free(price) is free
