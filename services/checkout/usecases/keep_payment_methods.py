"""Payments saved or forgot cards: whom they belong to pays by the default, and never by one that is gone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from services.checkout.domain import customer as rules
from services.checkout.domain.payment_method import PaymentMethod, default_of, merged
from services.checkout.usecases.ports import Store


async def keep_payment_methods(heard: Sequence[PaymentMethod], *, store: Store) -> dict[UUID, UUID]:
    """What is heard adds to what is known, in whatever order; payment methods of customers that are deleted are nobody's.

    The cards that became the default of a customer.
    """
    customers = {customer.id: customer for customer in await store.customers.lock_many(sorted({each.customer_id for each in heard}))}
    await store.payment_methods.keep(merged(each for each in heard if each.customer_id in customers))
    known: dict[UUID, list[PaymentMethod]] = defaultdict(list)
    organization_ids = {customer.organization_id for customer in customers.values()}
    for method in await store.payment_methods.of_customers(sorted(organization_ids), sorted(customers)):
        known[method.customer_id].append(method)
    now_of = await store.now_of(organization_ids)
    steps = [
        rules.pay_by(customer, default_of(known[customer.id]), now=now_of(customer.organization_id)) for customer in customers.values()
    ]
    changed = [step for step in steps if step is not None]
    await store.customers.save_many([customer for customer, _ in changed])
    store.publish(*(fact for _, fact in changed))
    return {customer.id: customer.default_payment_method_id for customer, _ in changed if customer.default_payment_method_id}
