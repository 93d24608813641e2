"""A buyer becomes a customer, or turns out to be one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.chassis.ids import new_id
from services.checkout.domain import customer as rules
from services.checkout.domain.cart import Buyer
from services.checkout.domain.customer import Customer, CustomerDetails, filled_in
from services.checkout.domain.errors import CustomerEmailMissing, CustomerNotFound
from services.checkout.usecases.ports import Store


async def find_customer(buyer: Buyer, *, store: Store) -> Customer | None:
    """The customer that the buyer is: by id, by external id, by e-mail address. CustomerNotFound if they were deleted meanwhile."""
    if buyer.customer_id is not None:
        customer = await store.customers.get(buyer.customer_id)
        if customer is None or customer.deleted_at is not None:
            raise CustomerNotFound
        return customer
    if buyer.external_customer_id is not None:
        customer = await store.customers.by_external_id(buyer.external_customer_id)
        if customer is not None:
            return customer
    return await store.customers.by_email(buyer.email) if buyer.email else None


def is_named(buyer: Buyer, customer: Customer) -> bool:
    """Whether the merchant said that the buyer is this customer: then their word counts, and their balance pays."""
    external_id = customer.details.external_id
    return buyer.is_named and (buyer.customer_id == customer.id or (external_id is not None and buyer.external_customer_id == external_id))


async def take_customer(known: Customer | None, buyer: Buyer, organization_id: UUID, now: datetime, *, store: Store) -> Customer:
    """The customer with what the buyer said. CustomerEmailTaken, CustomerExternalIdTaken if a rival was a moment earlier."""
    if known is None:
        return await _new(buyer, organization_id, now, store)
    given, named = _details(buyer, known.details.email), is_named(buyer, known)
    if filled_in(known.details, given, is_known_buyer=named) == known.details:
        return known
    # Read again under the lock: somebody may have changed the customer since.
    locked = await store.customers.lock(known.id)
    if locked is None:
        raise CustomerNotFound
    after, fact = rules.update(locked, filled_in(locked.details, given, is_known_buyer=named), now=now)
    await store.customers.save(after)
    store.publish(fact)
    return after


async def take_by_email(email: str, name: str | None, organization_id: UUID, *, store: Store) -> Customer:
    """The customer with an e-mail address, made if there is none. CustomerEmailTaken if a rival was a moment earlier."""
    known = await store.customers.by_email(email)
    if known is not None:
        return known
    details = CustomerDetails(email=email, name=name)
    customer, fact = rules.create(new_id(), organization_id, details, now=await store.now(organization_id))
    await store.customers.add(customer)
    store.publish(fact)
    return customer


async def _new(buyer: Buyer, organization_id: UUID, now: datetime, store: Store) -> Customer:
    if not buyer.email:
        raise CustomerEmailMissing
    customer, fact = rules.create(new_id(), organization_id, _details(buyer, buyer.email), now=now)
    await store.customers.add(customer)
    store.publish(fact)
    return customer


def _details(buyer: Buyer, email: str) -> CustomerDetails:
    return CustomerDetails(
        email=email,
        external_id=buyer.external_customer_id,
        name=buyer.name,
        billing_name=buyer.billing_name,
        billing_address=buyer.billing_address,
        tax_id=buyer.tax_id,
        locale=buyer.locale,
        metadata=buyer.metadata,
    )
