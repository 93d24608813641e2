"""Update a benefit."""

from __future__ import annotations

from uuid import UUID

from services.benefits.domain.benefit import Benefit, BenefitChange, updated
from services.benefits.usecases.ports import Ports
from services.chassis.database import Transaction


async def update_benefit(
    transaction: Transaction, organization_id: UUID, benefit_id: UUID, change: BenefitChange, *, ports: Ports
) -> Benefit:
    """The benefit as changed. What was issued keeps its limits; what is issued from now on has the new ones."""
    before = await ports.benefits.lock(transaction, organization_id, benefit_id)
    now = await ports.clock.now(transaction, organization_id)
    benefit, fact = updated(before, change, now)
    await ports.benefits.save(transaction, benefit)
    ports.publish(transaction, [fact])
    return benefit
