"""What people do to a subscription, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tests.life.catalog import Discount, Product


@dataclass(frozen=True)
class Operation:
    """Done when all that is due at that instant is done."""

    at: datetime


@dataclass(frozen=True)
class Subscribe(Operation):
    """A purchase through a checkout, always paid."""

    product: Product
    seats: int | None = None
    units: int | None = None
    discount: Discount | None = None


@dataclass(frozen=True)
class ChangeProduct(Operation):
    product: Product
    behavior: str


@dataclass(frozen=True)
class ChangeQuantity(Operation):
    """Of seats or units, whichever the price counts."""

    quantity: int
    behavior: str


@dataclass(frozen=True)
class ClearPendingUpdate(Operation):
    pass


@dataclass(frozen=True)
class Cancel(Operation):
    """At the end of the period."""


@dataclass(frozen=True)
class Uncancel(Operation):
    pass


@dataclass(frozen=True)
class Revoke(Operation):
    pass


@dataclass(frozen=True)
class Pause(Operation):
    """At the end of the period."""

    resumes_at: datetime | None = None


@dataclass(frozen=True)
class Resume(Operation):
    pass


@dataclass(frozen=True)
class UseCard(Operation):
    """The bank from now on: a new card that is `good` and tried at once, or every card is `declined` (may work later) or `lost` (never)."""

    card: str


@dataclass(frozen=True)
class AdjustBalance(Operation):
    amount: int
