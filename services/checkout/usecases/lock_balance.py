"""What a customer has, for whoever decides by it in this transaction."""

from __future__ import annotations

from services.checkout.domain.balance import BalanceKey
from services.checkout.domain.customer import Customer
from services.checkout.usecases.ports import Store


async def lock_balance(customer: Customer, currency: str, *, store: Store) -> int:
    """The balance, minor units. Nobody else decides by it until the commit."""
    await store.customers.lock_payers([customer.id])
    balances = await store.balances.of_customers([customer.organization_id], [customer.id])
    return balances.get(BalanceKey(customer.organization_id, customer.id, currency), 0)
