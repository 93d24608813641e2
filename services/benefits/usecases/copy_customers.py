"""Facts of customers: keep the copies, tell of grants whose customer got an external id, and take from the deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from services.benefits.domain.customer import Customer
from services.benefits.domain.grant import touched
from services.benefits.usecases.ports import Ports, Work
from services.chassis.database import Transaction


async def copy_customers(transaction: Transaction, told: Sequence[Customer], *, ports: Ports) -> None:
    """Take in copies in any order; what is older than what is known changes nothing, and nobody comes back from the dead."""
    newest = {customer.id: customer for customer in sorted(told, key=lambda customer: customer.version)}
    await ports.customers.ensure(transaction, [replace(customer, version=0) for customer in newest.values() if not customer.is_deleted])
    await ports.customers.ensure(transaction, [customer for customer in newest.values() if customer.is_deleted])
    known = await ports.customers.lock(transaction, newest)
    changed = [after for before in known.values() if (after := _merged(before, newest[before.id])) != before]
    await ports.customers.save(transaction, changed)
    await _tell_of_external_ids(transaction, [after for after in changed if known[after.id].external_id != after.external_id], ports)
    gone = [after for after in changed if after.is_deleted]
    await ports.backlog.add(transaction, [Work(ports.new_id(), each.organization_id, "customer", each.id) for each in gone])


def _merged(before: Customer, told: Customer) -> Customer:
    if told.version <= before.version:
        return before
    # A deletion's fact may not repeat the external id; it keeps what was known.
    external_id = told.external_id if told.external_id is not None else before.external_id
    return replace(before, external_id=external_id, is_deleted=before.is_deleted or told.is_deleted, version=told.version)


async def _tell_of_external_ids(transaction: Transaction, customers: Sequence[Customer], ports: Ports) -> None:
    """Who has looked for the customer by that id was told no, and has to be told otherwise."""
    external_ids = {customer.id: customer.external_id for customer in customers}
    grants = await ports.grants.live_of_customers(transaction, external_ids) if external_ids else []
    now_of = await ports.clock.now_of(transaction, {grant.organization_id for grant in grants})
    moves = [touched(grant, now_of(grant.organization_id)) for grant in grants]
    await ports.grants.save(transaction, [after for after, _ in moves])
    ports.publish(transaction, [fact for _, fact in moves], external_ids)
