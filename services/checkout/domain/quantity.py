"""How many seats or units a cart buys of a price, within what the price and the merchant allow."""

from __future__ import annotations

from collections.abc import Sequence

from services.checkout.domain.cart import Cart, Quantity
from services.checkout.domain.price import Price
from services.pricing.errors import QuantityNotAllowed
from services.pricing.price import SeatBasedPrice, UnitBasedPrice, bounds_of

Counted = SeatBasedPrice | UnitBasedPrice


def bought(cart: Cart, prices: Sequence[Price]) -> tuple[int | None, int | None]:
    """The seats and the units that are bought; None where no price counts them.

    QuantityNotAllowed, also if the cart names a number of what the product does not count.
    """
    return _number(cart.seats, prices, SeatBasedPrice), _number(cart.units, prices, UnitBasedPrice)


def window(quantity: Quantity, price: Counted) -> tuple[int, int | None]:
    """The fewest and the most that may be bought; None: no limit. QuantityNotAllowed if the merchant's bounds leave nothing."""
    noun = _noun(type(price))
    smallest, largest = bounds_of(price)
    smallest = smallest if quantity.minimum is None else max(smallest, quantity.minimum)
    if quantity.maximum is not None:
        largest = quantity.maximum if largest is None else min(largest, quantity.maximum)
    if largest is not None and largest < smallest:
        named = f"max_{noun}" if quantity.maximum is not None else f"min_{noun}"
        raise QuantityNotAllowed(f"between min_{noun} and max_{noun} nothing is left that the price sells", named)
    return smallest, largest


def counted(prices: Sequence[Price]) -> Counted | None:
    """The price's amount by seats or units, if one of them is that: a product has at most one."""
    return next((price.amount for price in prices if isinstance(price.amount, SeatBasedPrice | UnitBasedPrice)), None)


def check_bounds(cart: Cart, prices: Sequence[Price]) -> None:
    """QuantityNotAllowed if the merchant bounds what none of the cart's prices counts."""
    for quantity, kind in ((cart.seats, SeatBasedPrice), (cart.units, UnitBasedPrice)):
        if quantity.minimum is not None or quantity.maximum is not None:
            named = "min" if quantity.minimum is not None else "max"
            if not any(isinstance(price.amount, kind) for price in prices):
                raise QuantityNotAllowed(f"none of the products is sold by {_noun(kind)}", f"{named}_{_noun(kind)}")


def _number(quantity: Quantity, prices: Sequence[Price], kind: type[Counted]) -> int | None:
    noun, price = _noun(kind), counted(prices)
    if price is None or not isinstance(price, kind):
        if quantity.wanted is not None:
            raise QuantityNotAllowed(f"the product is not sold by {noun}", noun)
        return None
    smallest, largest = window(quantity, price)
    number = smallest if quantity.wanted is None else quantity.wanted
    if number < smallest or (largest is not None and number > largest):
        raise QuantityNotAllowed(f"choose at least {smallest}" + (f" and at most {largest}" if largest is not None else ""), noun)
    return number


def _noun(kind: type[Counted]) -> str:
    return "seats" if kind is SeatBasedPrice else "units"
