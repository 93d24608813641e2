"""Facts of orders, subscriptions and seats: remember what they say and converge, many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from services.benefits.domain.customer import Customer
from services.benefits.domain.source import Observation, unknown, unknown_container
from services.benefits.usecases.converge import converge
from services.benefits.usecases.ports import Ports
from services.chassis.database import Transaction


async def observe_sources(transaction: Transaction, observations: Sequence[Observation], *, ports: Ports) -> None:
    """Take in facts in any order, each as often as it comes."""
    if not observations:
        return
    by_source: defaultdict[UUID, list[Observation]] = defaultdict(list)
    for seen in observations:
        by_source[seen.source_id].append(seen)
    # A purchase may be heard of before its customer and its product are: then they are known by the purchase.
    await ports.customers.ensure(transaction, _customers(observations))
    await ports.products.ensure(transaction, {seen.product_id: seen.organization_id for seen in observations})
    # And a seat before the purchase that it is a part of.
    sold_by = {seen.container_id: unknown_container(seen) for seen in observations if seen.container_id}
    if sold_by:
        await ports.sources.ensure(transaction, sold_by.values())
    await ports.sources.ensure(transaction, (unknown(seen[0]) for seen in by_source.values()))
    await converge(transaction, list(by_source), ports=ports, observations=by_source)


def _customers(observations: Sequence[Observation]) -> list[Customer]:
    payers = {seen.payer_id: Customer(seen.payer_id, seen.organization_id, None, False, 0) for seen in observations if seen.payer_id}
    customers = {
        seen.customer_id: Customer(seen.customer_id, seen.organization_id, seen.external_customer_id, False, 0)
        for seen in observations
        if seen.customer_id
    }
    return list((payers | customers).values())
