"""What changes need of the other services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from services.chassis.errors import BursarError
from services.subscription.domain.billing import Billing
from services.subscription.domain.catalog import CatalogProduct
from services.subscription.domain.debt import SubscriptionOrder
from services.subscription.domain.discount import AppliedDiscount
from services.subscription.domain.subscription import Subscription


@dataclass(frozen=True, slots=True)
class ChargeAnswer:
    """What became of the order of a change."""

    order: SubscriptionOrder | None
    """Paid or void; None: nobody knows yet, and a fact will tell."""
    refusal: BursarError | None = None
    """Why it is void."""


class Charges(Protocol):
    """Has orders made and charged at once; the order's id is the key, so repeating it is safe."""

    async def charge(self, holds: Subscription, billing: Billing) -> ChargeAnswer: ...


class Products(Protocol):
    """The catalogue as it is now. ProductNotFound."""

    async def get(self, organization_id: UUID, product_id: UUID) -> CatalogProduct: ...


class Discounts(Protocol):
    """Discounts of the catalogue. DISCOUNT_NOT_FOUND, DISCOUNT_NOT_APPLICABLE, DISCOUNT_EXHAUSTED."""

    async def redeem(self, subscription: Subscription, discount_id: UUID, request_id: str) -> AppliedDiscount: ...

    async def look_at(self, subscription: Subscription, discount_id: UUID) -> AppliedDiscount: ...
