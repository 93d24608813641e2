"""Rows of products and discounts, as the use cases need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.checkout.domain.discount import Discount
from services.checkout.domain.product import Product


class Products(Protocol):
    """Products with their prices."""

    async def add(self, product: Product) -> None: ...
    async def many(self, product_ids: Sequence[UUID]) -> dict[UUID, Product]: ...
    async def lock(self, product_id: UUID) -> Product | None: ...
    async def save(self, product: Product) -> None: ...


@dataclass(frozen=True, slots=True)
class Redemption:
    """One use of a discount: by a confirmed checkout, or by a request of a subscription that runs."""

    checkout_id: UUID | None
    subscription_id: UUID | None
    request_id: str | None
    organization_id: UUID
    discount_id: UUID
    customer_id: UUID
    person: str
    """The e-mail address by which a person is recognized."""
    created_at: datetime


class Discounts(Protocol):
    """Discounts and their redemptions."""

    async def add(self, discount: Discount) -> None: ...
    async def get(self, discount_id: UUID) -> Discount | None: ...
    async def by_code(self, code: str) -> Discount | None: ...
    async def lock(self, discount_id: UUID) -> Discount | None: ...
    async def lock_many(self, discount_ids: Sequence[UUID]) -> None:
        """Also those that are deleted."""
        ...

    async def save(self, discount: Discount) -> None: ...
    async def count_of_customer(self, redemption: Redemption) -> int:
        """How often whoever redeems it has redeemed it before."""
        ...

    async def redeem(self, redemption: Redemption) -> None:
        """DiscountExhausted if that is once too often, for all or for this customer."""
        ...

    async def redeem_again(self, redemptions: Sequence[Redemption]) -> None:
        """Count redemptions that were given back; limits do not matter any more."""
        ...

    async def release(self, checkout_ids: Sequence[UUID]) -> None: ...
