"""Create a benefit."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from services.benefits.domain import benefit as benefits
from services.benefits.domain.benefit import Benefit, Kind, Properties, Visibility
from services.benefits.usecases.ports import Ports
from services.chassis.database import Transaction
from services.chassis.metadata import MetadataValue


@dataclass(frozen=True, slots=True)
class Draft:
    """What a new benefit shall be."""

    kind: Kind
    description: str
    visibility: Visibility | None = None
    properties: Properties = field(default_factory=Properties)
    metadata: dict[str, MetadataValue] = field(default_factory=dict)


async def create_benefit(transaction: Transaction, organization_id: UUID, draft: Draft, *, ports: Ports) -> Benefit:
    """A benefit that products can carry."""
    now = await ports.clock.now(transaction, organization_id)
    benefit, fact = benefits.created(
        ports.new_id(), organization_id, draft.kind, draft.description, draft.visibility, draft.properties, draft.metadata, now
    )
    await ports.benefits.add(transaction, benefit)
    ports.publish(transaction, [fact])
    return benefit
