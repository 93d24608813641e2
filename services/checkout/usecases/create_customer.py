"""A merchant enters a customer."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.chassis.ids import new_id
from services.checkout.domain import customer as rules
from services.checkout.domain.customer import Customer, CustomerDetails
from services.checkout.usecases.outside_ports import TaxIds
from services.checkout.usecases.ports import Store


async def create_customer(organization_id: UUID, details: CustomerDetails, now: datetime, *, store: Store, tax_ids: TaxIds) -> Customer:
    """The new customer. CustomerEmailTaken, CustomerExternalIdTaken, TaxIdInvalid."""
    check_tax_id(details, tax_ids)
    customer, fact = rules.create(new_id(), organization_id, details, now=now)
    await store.customers.add(customer)
    store.publish(fact)
    return customer


def check_tax_id(details: CustomerDetails, tax_ids: TaxIds) -> None:
    """TaxIdInvalid unless the tax id is one of the billing address's country."""
    if details.tax_id:
        tax_ids.check(details.tax_id, details.billing_address.country if details.billing_address else "")
