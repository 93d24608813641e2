"""A price as it was sold: edits of the product do not touch it. What it comes to is services.pricing's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.pricing.price import CustomPrice, PriceAmount
from services.pricing.price import amount_of as price_amount
from services.pricing.price import quantity_of as price_quantity


@dataclass(frozen=True, slots=True)
class Price:
    """One of the prices of a subscription."""

    id: UUID
    product_id: UUID
    currency: str
    amount: PriceAmount
    tax_behavior: str
    """Word of the contract; empty: the organization's default."""
    created_at: datetime
    is_archived: bool = False
    chosen: int | None = None
    """What the buyer pays at a custom price, minor units."""

    @property
    def is_custom(self) -> bool:
        return isinstance(self.amount, CustomPrice)


def amount_of(price: Price, seats: int | None, units: int | None) -> int:
    """What one period costs before discount, minor units."""
    return price_amount(price.amount, seats=seats, units=units, chosen=price.chosen)


def quantity_of(price: Price, seats: int | None, units: int | None) -> int | None:
    """How many seats or units are billed at the price; None where it counts none."""
    return price_quantity(price.amount, seats=seats, units=units)
