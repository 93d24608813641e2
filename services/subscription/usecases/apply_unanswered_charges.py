"""Nobody heard what became of a charge: the order is asked for again under its id until somebody knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from services.chassis.errors import BursarError
from services.subscription.usecases.apply_charge import Charging, apply_charge

BATCH = 100


@dataclass
class UnansweredCharges:
    """Those that wait since the last time, so that no call in hand is overtaken; it runs in one worker or in many."""

    charging: Charging
    _waiting: frozenset[UUID] = field(default=frozenset())

    async def apply_unanswered_charges(self) -> None:
        """Go through all that were here before."""
        async with self.charging.database.transaction() as transaction:
            found = await self.charging.store_of(transaction).subscriptions.charging(BATCH)
        for order_id, key in found.items():
            if order_id in self._waiting:
                await self._apply(order_id, key)
        self._waiting = frozenset(found)

    async def _apply(self, order_id: UUID, key: tuple[UUID, UUID]) -> None:
        try:
            await apply_charge(key, order_id, self.charging)
        except BursarError:
            return  # declined, which is stored, or still not to be known
