"""The merchant, as far as subscriptions need to know: our copy of what identity tells."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Organization:
    """A tenant and its decisions about subscriptions. The defaults are those of an organization that decided nothing."""

    id: UUID
    version: int = 0
    """0: no fact has told us of it yet."""
    time_zone: str = "UTC"
    """IANA name of the zone in which new subscriptions' periods are counted."""
    default_currency: str = "usd"
    default_tax_behavior: str = "location"
    """Of prices that say nothing of their own."""
    allow_multiple_subscriptions: bool = False
    upgrade_proration_behavior: str = "prorate"
    downgrade_proration_behavior: str = "prorate"
    unpaid_behavior: str = "cancel"

    @property
    def keeps_unpaid(self) -> bool:
        """Whether a subscription stays, as unpaid, when dunning is exhausted."""
        return self.unpaid_behavior == "keep"
