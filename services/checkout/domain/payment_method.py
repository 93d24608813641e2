"""A customer's saved ways to pay, as far as this service has heard of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """Facts about one come in any order and more than once: the newest version says whether it is the default; gone stays gone."""

    id: UUID
    organization_id: UUID
    customer_id: UUID
    version: int
    """Of what was said of it last; 0 if nothing but that it is gone."""
    is_default: bool
    is_gone: bool
    """It was deleted; perhaps nobody has told yet that it was saved."""
    fingerprint: str | None = None
    """The same for the same card, whoever saved it. None until somebody tells that it was saved; empty if it has none."""


def merged(methods: Iterable[PaymentMethod]) -> list[PaymentMethod]:
    """One of each, with all that is said of it; in the order of customers and ids."""
    known: dict[tuple[UUID, UUID], PaymentMethod] = {}
    for method in methods:
        key = (method.customer_id, method.id)
        other = known.get(key, method)
        newest = max(method, other, key=lambda each: each.version)
        fingerprint = other.fingerprint if method.fingerprint is None else method.fingerprint
        known[key] = replace(newest, is_gone=method.is_gone or other.is_gone, fingerprint=fingerprint)
    return [known[key] for key in sorted(known)]


def default_of(methods: Iterable[PaymentMethod]) -> UUID | None:
    """The one to pay by: of those that are not gone the one that is the default, else the newest; ids grow with time."""
    kept = [method for method in methods if not method.is_gone]
    return max(kept, key=lambda method: (method.is_default, method.id)).id if kept else None
