"""What sells seats: a subscription or a one-time order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class ContainerKind(StrEnum):
    """What sells seats."""

    SUBSCRIPTION = "subscription"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class Container:
    """The subscription or order that sold seats."""

    kind: ContainerKind
    id: UUID
    organization_id: UUID
    customer_id: UUID
    """Who pays."""
    product_id: UUID
    product_name: str
    seats: int | None
    """None: it sells none."""
    assignable: int | None
    """How many may be given: fewer than were sold while a change to fewer waits for its period or its charge."""
    has_ended: bool = False
    is_incomplete: bool = False
    """Its first payment still needs the buyer: it sells nothing yet."""
