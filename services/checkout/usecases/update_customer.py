"""A merchant enters other details of a customer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from services.checkout.domain import customer as rules
from services.checkout.domain.customer import Customer, CustomerDetails
from services.checkout.domain.errors import CustomerNotFound
from services.checkout.usecases.create_customer import check_tax_id
from services.checkout.usecases.outside_ports import TaxIds
from services.checkout.usecases.ports import Store


async def update_customer(
    customer_id: UUID, edit: Callable[[CustomerDetails], CustomerDetails], now: datetime, *, store: Store, tax_ids: TaxIds
) -> Customer:
    """The customer after the edit. CustomerNotFound, CustomerExternalIdFixed, CustomerEmailTaken, TaxIdInvalid."""
    before = await store.customers.lock(customer_id)
    if before is None:
        raise CustomerNotFound
    after, fact = rules.update(before, edit(before.details), now=now)
    check_tax_id(after.details, tax_ids)
    await store.customers.save(after)
    store.publish(fact)
    return after
