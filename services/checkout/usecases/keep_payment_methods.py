"""Payments saved or forgot cards: customers pay by the newest default, and never by one that is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.checkout.domain import customer as rules
from services.checkout.usecases.ports import Store


@dataclass(frozen=True, slots=True)
class PaymentMethodNews:
    """A customer's payment method became their default, or is gone."""

    customer_id: UUID
    payment_method_id: UUID
    is_gone: bool


async def keep_payment_methods(news: Sequence[PaymentMethodNews], now: datetime, *, store: Store) -> None:
    """Takes all news in their order; those of customers that are deleted are nobody's."""
    customers = {customer.id: customer for customer in await store.customers.lock_many(sorted({each.customer_id for each in news}))}
    changed = set()
    for each in news:
        customer = customers.get(each.customer_id)
        if customer is None:
            continue
        step = rules.no_longer_pay_by if each.is_gone else rules.pay_by
        result = step(customer, each.payment_method_id, now=now)
        if result is not None:
            customers[customer.id], fact = result
            changed.add(customer.id)
            store.publish(fact)
    await store.customers.save_many([customers[customer_id] for customer_id in sorted(changed)])
