"""A merchant closes a customer: subscriptions end at once, benefits go; orders stay."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.checkout.domain import customer as rules
from services.checkout.domain.customer import Customer
from services.checkout.domain.errors import CustomerNotFound
from services.checkout.usecases.ports import Store


async def delete_customer(customer_id: UUID, now: datetime, *, store: Store) -> Customer:
    """The customer as deleted. CustomerNotFound."""
    before = await store.customers.lock(customer_id)
    if before is None:
        raise CustomerNotFound
    after, fact = rules.delete(before, now=now)
    await store.customers.save(after)
    store.publish(fact)
    return after
