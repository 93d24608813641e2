"""Rows of customers: their cards, their balances, and the organizations that they are customers of."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol
from uuid import UUID

from services.checkout.domain.balance import BalanceChange, BalanceKey, BalanceTransaction
from services.checkout.domain.customer import Customer
from services.checkout.domain.organization import Organization
from services.checkout.domain.payment_method import PaymentMethod


class Customers(Protocol):
    """Customers; deleted ones are found by id only."""

    async def add(self, customer: Customer) -> None:
        """CustomerEmailTaken, CustomerExternalIdTaken."""
        ...

    async def get(self, customer_id: UUID) -> Customer | None: ...
    async def by_external_id(self, external_id: str) -> Customer | None: ...
    async def by_email(self, email: str) -> Customer | None: ...
    async def lock(self, customer_id: UUID) -> Customer | None: ...
    async def save(self, customer: Customer) -> None: ...
    async def lock_many(self, customer_ids: Sequence[UUID]) -> list[Customer]: ...
    async def save_many(self, customers: Sequence[Customer]) -> None: ...
    async def default_cards(self, customer_ids: Sequence[UUID]) -> dict[UUID, UUID]:
        """What customers pay by, of those who have a default."""
        ...

    async def lock_payers(self, customer_ids: Sequence[UUID]) -> dict[UUID, Customer]:
        """Also those that are deleted: they owe what they owe. Who decides by a customer's balance holds this lock."""
        ...


class PaymentMethods(Protocol):
    """What was heard of customers' saved payment methods."""

    async def keep(self, methods: Sequence[PaymentMethod]) -> None:
        """Adds to what is known of them; one of each."""
        ...

    async def of_customers(self, organization_ids: Sequence[UUID], customer_ids: Sequence[UUID]) -> list[PaymentMethod]: ...
    async def many(self, organization_ids: Collection[UUID], payment_method_ids: Collection[UUID]) -> dict[UUID, PaymentMethod]:
        """Those that were heard of, by id."""
        ...


class Balances(Protocol):
    """Customers' balances, each the sum of its transactions."""

    async def of_customers(self, organization_ids: Sequence[UUID], customer_ids: Sequence[UUID]) -> dict[BalanceKey, int]:
        """Those that were ever used."""
        ...

    async def lock(self, keys: Sequence[BalanceKey]) -> dict[BalanceKey, int]:
        """Those that were ever used; nobody else changes them until the commit. `keys` are sorted, so that two transactions wait for each
        other and not in a circle."""
        ...

    async def change(self, changes: Sequence[BalanceChange]) -> list[BalanceTransaction]: ...


class Organizations(Protocol):
    """Our copies of organizations."""

    async def get(self, organization_id: UUID) -> Organization:
        """OrganizationNotKnown if there is no copy."""
        ...

    async def many(self, organization_ids: Sequence[UUID]) -> dict[UUID, Organization]: ...
    async def keep(self, organizations: Sequence[Organization]) -> None:
        """Those that are newer than what is there."""
        ...
