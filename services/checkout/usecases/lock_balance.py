"""What a customer has, for whoever decides by it in this transaction."""

from __future__ import annotations

from services.checkout.domain.balance import BalanceKey
from services.checkout.domain.customer import Customer
from services.checkout.usecases.ports import Store


async def lock_balance(customer: Customer, currency: str, *, store: Store) -> int:
    """The balance, minor units. Nobody else decides by it until the commit.

    The customer's lock stands for a balance that there is none of yet; that of its row keeps orders from becoming void by it.
    """
    await store.customers.lock_payers([customer.id])
    key = BalanceKey(customer.organization_id, customer.id, currency)
    return (await store.balances.lock([key])).get(key, 0)
