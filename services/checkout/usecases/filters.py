"""What lists can be narrowed by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """Products by part of their name, by kind and by who is shown them."""

    query: str
    is_archived: bool | None
    is_recurring: bool | None
    visibilities: Sequence[str]
    metadata: Mapping[str, str]
    """Every key has to have this value, numbers and truth as JSON writes them; so in every filter."""


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """Customers by their address, or by part of it or of their name."""

    email: str
    query: str
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CheckoutFilter:
    """Checkouts by what is sold, to whom, and where they stand."""

    query: str
    product_id: UUID | None
    customer_id: UUID | None
    external_customer_id: str | None
    status: str | None


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Orders; what is empty or None leaves nothing out."""

    product_ids: Sequence[UUID] = ()
    customer_ids: Sequence[UUID] = ()
    discount_ids: Sequence[UUID] = ()
    checkout_ids: Sequence[UUID] = ()
    subscription_ids: Sequence[UUID] = ()
    external_customer_ids: Sequence[str] = ()
    statuses: Sequence[str] = ()
    billing_reasons: Sequence[str] = ()
    is_recurring: bool | None = None
    """Of the product; an order without a product is not."""
    created_after: datetime | None = None
    created_before: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
