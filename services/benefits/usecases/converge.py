"""Converge: make what is granted by some sources equal to what should be, all of them in a handful of statements."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from services.benefits.domain import license_key as license_keys
from services.benefits.domain.benefit import Kind
from services.benefits.domain.convergence import Plan, plan
from services.benefits.domain.customer import Customer
from services.benefits.domain.source import Observation, Source, concerns_seats, evaluated, evaluated_seat, observed
from services.benefits.usecases.ports import Ports, Work
from services.chassis.database import Transaction
from services.chassis.organization_clock import NowOf

_NOTHING: Mapping[UUID, Sequence[Observation]] = {}


async def converge(
    transaction: Transaction,
    source_ids: Collection[UUID],
    *,
    ports: Ports,
    observations: Mapping[UUID, Sequence[Observation]] = _NOTHING,
) -> None:
    """Take in what facts say of the sources, decide anew who is entitled, and grant and revoke what differs.

    Locks go from seats to what sold them to customers to products. The shared locks make those who change an order or subscription with
    seats, delete a customer or change a product's benefits wait, so that what they schedule afterwards sees every source that was decided
    by the old state.
    """
    before = await ports.sources.lock(transaction, source_ids)
    known = [_observed(source, observations.get(source.id, ())) for source in before]
    sold_by = {source.container_id for source in before if source.container_id}
    containers = await ports.sources.lock_shared(transaction, sold_by - {source.id for source in before}) if sold_by else []
    customers = await ports.customers.lock_shared(transaction, {source.customer_id for source in known if source.customer_id})
    now_of = await ports.clock.now_of(transaction, {source.organization_id for source in before})
    after = await _evaluated(transaction, known, containers, customers, now_of, ports)
    await ports.products.lock_shared(transaction, {source.product_id for source in after})
    links = await ports.benefits.of_products(transaction, {source.product_id for source in after if source.is_entitled})
    grants = await ports.grants.of_sources(transaction, [source.id for source in after])
    made = plan(after, links, grants, now_of, ports.new_id)
    await ports.sources.save(transaction, [new for old, new in zip(before, after, strict=True) if new != old])
    for_seats = [new for old, new in zip(before, after, strict=True) if concerns_seats(old, new)]
    await ports.backlog.add(transaction, [Work(ports.new_id(), each.organization_id, "container", each.id) for each in for_seats])
    external_ids = await _external_ids(transaction, made, customers, ports)
    await _save(transaction, made, now_of, ports)
    ports.publish(transaction, made.facts, external_ids)


def _observed(source: Source, seen: Sequence[Observation]) -> Source:
    for observation in seen:
        source = observed(source, observation)
    return source


async def _evaluated(
    transaction: Transaction,
    sources: Sequence[Source],
    containers: Sequence[Source],
    customers: Mapping[UUID, Customer],
    now_of: NowOf,
    ports: Ports,
) -> list[Source]:
    late = {source.organization_id for source in sources if source.status == "past_due"}
    settings = await ports.organizations.lock_shared(transaction, late) if late else {}
    graces = {key: timedelta(days=copy.benefit_revocation_grace_period) for key, copy in settings.items()}

    def is_deleted(source: Source) -> bool:
        return source.customer_id is not None and customers[source.customer_id].is_deleted

    standing = {container.id: container for container in containers} | {
        source.id: evaluated(
            source,
            graces.get(source.organization_id, timedelta(0)),
            customer_is_deleted=is_deleted(source),
            now=now_of(source.organization_id),
        )
        for source in sources
        if source.container_id is None
    }
    return [
        evaluated_seat(source, standing[source.container_id], customer_is_deleted=is_deleted(source))
        if source.container_id
        else standing[source.id]
        for source in sources
    ]


async def _external_ids(transaction: Transaction, made: Plan, customers: Mapping[UUID, Customer], ports: Ports) -> dict[UUID, str | None]:
    """The merchant's own ids of the customers in the facts; who had a seat before somebody else got it is not among those known."""
    former = {grant.customer_id for grant in made.revoked} - customers.keys()
    known = {**customers, **(await ports.customers.lock_shared(transaction, former) if former else {})}
    return {customer.id: customer.external_id for customer in known.values()}


async def _save(transaction: Transaction, made: Plan, now_of: NowOf, ports: Ports) -> None:
    await ports.grants.save(transaction, [*made.revoked, *(grant for grant, _ in made.granted_again)])
    await ports.grants.add(transaction, [grant for grant, _ in made.created])
    issued = [
        license_keys.issued(ports.new_id(), ports.random_id(), grant, benefit, now_of(grant.organization_id))
        for grant, benefit in made.created
        if benefit.kind is Kind.LICENSE_KEYS
    ]
    await ports.license_keys.add(transaction, issued)
    moves = {grant.id: "revoke" for grant in made.revoked}
    moves |= {grant.id: "grant" for grant, benefit in made.granted_again if benefit.kind is Kind.LICENSE_KEYS}
    if not moves:
        return
    keys = await ports.license_keys.lock_of_grants(transaction, moves)
    after = [license_keys.moved(key, moves[key.grant_id], now_of(key.organization_id)) for key in keys]
    await ports.license_keys.save(transaction, [new for old, new in zip(keys, after, strict=True) if new is not old])
