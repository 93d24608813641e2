"""Delete a benefit: products carry it no longer at once, customers lose it shortly after."""

from __future__ import annotations

from uuid import UUID

from services.benefits.domain.benefit import Benefit, deleted
from services.benefits.usecases.ports import Ports, Work
from services.chassis.database import Transaction


async def delete_benefit(transaction: Transaction, organization_id: UUID, benefit_id: UUID, *, ports: Ports) -> Benefit:
    """The benefit, deleted."""
    before = await ports.benefits.lock(transaction, organization_id, benefit_id)
    now = await ports.clock.now(transaction, organization_id)
    benefit, fact = deleted(before, now)
    product_ids = await ports.benefits.products_with(transaction, organization_id, benefit_id)
    await ports.products.lock(transaction, product_ids)
    await ports.benefits.unlink(transaction, organization_id, benefit_id)
    await ports.benefits.save(transaction, benefit)
    await ports.backlog.add(transaction, [Work(ports.new_id(), organization_id, "product", each) for each in product_ids])
    ports.publish(transaction, [fact])
    return benefit
