"""A customer's saved ways to pay, as far as this service has heard of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """Facts about one come in any order and more than once, so each of the two is kept apart and stays true once it is."""

    id: UUID
    organization_id: UUID
    customer_id: UUID
    was_default: bool
    """It was saved as the customer's default."""
    is_gone: bool
    """It was deleted; perhaps nobody has told yet that it was saved."""


def merged(methods: Iterable[PaymentMethod]) -> list[PaymentMethod]:
    """One of each, with all that is said of it; in the order of customers and ids."""
    known: dict[tuple[UUID, UUID], PaymentMethod] = {}
    for method in methods:
        key = (method.customer_id, method.id)
        other = known.get(key, method)
        was_default, is_gone = method.was_default or other.was_default, method.is_gone or other.is_gone
        known[key] = PaymentMethod(method.id, method.organization_id, method.customer_id, was_default, is_gone)
    return [known[key] for key in sorted(known)]


def default_of(methods: Iterable[PaymentMethod]) -> UUID | None:
    """The one to pay by: of those that are not gone the one that was saved as the default, else the newest; ids grow with time."""
    kept = [method for method in methods if not method.is_gone]
    return max(kept, key=lambda method: (method.was_default, method.id)).id if kept else None
