"""How many seats and units a cart buys."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from services.checkout.domain.cart import Quantity, select_product
from services.checkout.domain.quantity import bought, check_bounds
from services.checkout.tests.builders import cart, price, seats, units
from services.pricing.errors import QuantityNotAllowed
from services.pricing.price import PriceAmount

SEATS = seats(100, minimum_seats=2, maximum_seats=8)
UNITS = units(5, maximum_units=500)


@pytest.mark.parametrize(
    ("amount", "fields", "expected"),
    [
        (SEATS, {}, (2, None)),
        (SEATS, {"seats": Quantity(8)}, (8, None)),
        (SEATS, {"seats": Quantity(None, 4, 6)}, (4, None)),
        (SEATS, {"seats": Quantity(5, 4, 100)}, (5, None)),
        (UNITS, {}, (None, 0)),
        (UNITS, {"units": Quantity(0)}, (None, 0)),
        (UNITS, {"units": Quantity(500)}, (None, 500)),
        (500, {}, (None, None)),
        # Bounds are for those of the cart's products that are sold by seats.
        (500, {"seats": Quantity(None, 1, 5)}, (None, None)),
    ],
)
def test_what_is_bought_within_the_bounds(
    amount: int | PriceAmount, fields: dict[str, Any], expected: tuple[int | None, int | None]
) -> None:
    assert bought(cart(**fields), [price(1000), price(amount)]) == expected


@pytest.mark.parametrize(
    ("amount", "fields", "field"),
    [
        (SEATS, {"seats": Quantity(1)}, "seats"),
        (SEATS, {"seats": Quantity(9)}, "seats"),
        (SEATS, {"seats": Quantity(3, 4, None)}, "seats"),
        (SEATS, {"seats": Quantity(7, None, 6)}, "seats"),
        (SEATS, {"seats": Quantity(None, 9, None)}, "min_seats"),
        (SEATS, {"seats": Quantity(None, None, 1)}, "max_seats"),
        (SEATS, {"seats": Quantity(None, 5, 4)}, "max_seats"),
        (SEATS, {"units": Quantity(3)}, "units"),
        (UNITS, {"units": Quantity(501)}, "units"),
        (UNITS, {"seats": Quantity(1)}, "seats"),
        (500, {"seats": Quantity(1)}, "seats"),
    ],
)
def test_what_is_not_sold_is_refused_by_its_field(amount: int | PriceAmount, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(QuantityNotAllowed) as refused:
        bought(cart(**fields), [price(amount)])
    assert [violation.field for violation in refused.value.violations] == [field]


def test_bounds_of_what_no_product_counts_are_refused() -> None:
    bounded = cart(seats=Quantity(None, None, 5))
    check_bounds(bounded, [price(500), price(SEATS)])
    with pytest.raises(QuantityNotAllowed) as refused:
        check_bounds(bounded, [price(500), price(UNITS)])
    assert refused.value.violations[0].field == "max_seats"


def test_another_product_takes_its_own_number() -> None:
    other = uuid4()
    before = cart(product_ids=(other,), seats=Quantity(5, 2, 8), units=Quantity(7), amount=900)
    after = select_product(before, other)
    assert (after.seats, after.units, after.amount) == (Quantity(None, 2, 8), Quantity(), None)
