"""Billing entries: the only way from a subscription to a line of an order. Each is billed exactly once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.chassis.lifecycle import Lifecycle
from services.subscription.domain.periods import Period


class EntryType(StrEnum):
    """What an entry stands for."""

    CYCLE = "cycle"
    """One price for one period."""
    PRORATION = "proration"
    """The rest of a period after a change of product."""
    SEATS_INCREASE = "seats_increase"
    SEATS_DECREASE = "seats_decrease"
    UNITS_INCREASE = "units_increase"
    UNITS_DECREASE = "units_decrease"
    METERED = "metered"


class EntryState(StrEnum):
    """Where an entry is on its way."""

    PENDING = "pending"
    """Waits for the next order."""
    CHARGING = "charging"
    """Belongs to an order that must be paid before the change holds."""
    BILLED = "billed"
    DROPPED = "dropped"
    """Is never billed; kept, as all that was ever owed."""


_E = EntryState
LIFECYCLE = Lifecycle(
    "billing_entry",
    {
        "bill": {_E.PENDING: _E.BILLED, _E.CHARGING: _E.BILLED},
        "reserve": {_E.PENDING: _E.CHARGING},
        "drop": {_E.PENDING: _E.DROPPED, _E.CHARGING: _E.DROPPED},
    },
)


@dataclass(frozen=True, slots=True)
class BillingEntry:
    """A charge, or a credit if it is negative, in minor units of `currency`."""

    id: UUID
    organization_id: UUID
    subscription_id: UUID
    type: EntryType
    state: EntryState
    order_id: UUID | None
    product_id: UUID
    price_id: UUID | None
    label: str
    description: str
    """The line in words: what, how much of it, and for when."""
    amount: int
    currency: str
    quantity: int | None
    proration: bool
    """The order's discount leaves it alone: its own is in the amount."""
    period: Period
    """What it bills, half open."""
    created_at: datetime
    charged_first: bool = False
    """Billed by a change that held once it was paid; a price may be billed again by such for a period that it began with."""


def dropped(entries: Iterable[BillingEntry]) -> tuple[BillingEntry, ...]:
    """The entries as those that are never billed."""
    return tuple(replace(entry, state=EntryState(LIFECYCLE.after("drop", entry.state))) for entry in entries)
