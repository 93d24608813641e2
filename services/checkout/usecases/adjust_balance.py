"""A merchant gives to a customer's balance, or takes from it, and says why."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.chassis.money import CURRENCIES
from services.checkout.domain import customer as rules
from services.checkout.domain.balance import BalanceChange, BalanceKey, BalanceTransaction, BalanceTransactionType, check_adjustment
from services.checkout.domain.errors import CurrencyUnknown, CustomerNotFound
from services.checkout.usecases.lock_balance import lock_balance
from services.checkout.usecases.ports import Store


async def adjust_balance(customer_id: UUID, currency: str, amount: int, reason: str, now: datetime, *, store: Store) -> BalanceTransaction:
    """The change as it was made. CustomerNotFound, CurrencyUnknown, AmountAboveMaximum, BalanceNotEnough."""
    if currency not in CURRENCIES:
        raise CurrencyUnknown(currency, "currency")
    customer = await store.customers.lock(customer_id)
    if customer is None:
        raise CustomerNotFound
    check_adjustment(currency, await lock_balance(customer, currency, store=store), amount)
    key = BalanceKey(customer.organization_id, customer_id, currency)
    (made,) = await store.balances.change([BalanceChange(key, BalanceTransactionType.ADJUSTMENT, amount, now, reason=reason)])
    after, fact = rules.note_balance(customer, made, now=now)
    await store.customers.save(after)
    store.publish(fact)
    return made
