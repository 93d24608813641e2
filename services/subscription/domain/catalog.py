"""What is sold and what reduces it, as it is now: our copies of what checkout tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.subscription.domain.price import Price


@dataclass(frozen=True, slots=True)
class CatalogProduct:
    """A product that may be changed to. `interval` is None for a one-time product."""

    organization_id: UUID
    id: UUID
    version: int
    name: str
    is_archived: bool
    interval: str | None
    interval_count: int
    trial_interval: str | None
    trial_interval_count: int
    prices: tuple[Price, ...]
    """Without those that are archived."""

    def prices_in(self, currency: str) -> tuple[Price, ...]:
        """What it costs in one currency; empty: it is not sold in it."""
        return tuple(price for price in self.prices if price.currency == currency)


@dataclass(frozen=True, slots=True)
class KnownDiscount:
    """A discount's name, for lists and exports."""

    organization_id: UUID
    id: UUID
    version: int
    name: str


@dataclass(frozen=True, slots=True)
class KnownCustomer:
    """Who a customer is, for lists, exports and facts; and whether it still is one."""

    organization_id: UUID
    id: UUID
    version: int
    """0: only known to be there."""
    email: str | None = None
    name: str | None = None
    external_id: str | None = None
    deleted_at: datetime | None = None
