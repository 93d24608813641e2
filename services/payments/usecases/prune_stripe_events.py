"""Drop received events that are done with, long after Stripe could send or list them again."""

from __future__ import annotations

from datetime import timedelta

from services.payments.usecases.ports import Ports

KEPT = timedelta(days=90)
"""Stripe sends again for three days and lists for thirty."""
_SLICE = 5000


async def prune_stripe_events(ports: Ports) -> int:
    """How many were dropped."""
    before = ports.clock.now() - KEPT
    total = 0
    while True:
        async with ports.worker_database.transaction() as transaction:
            dropped = await ports.events.prune(transaction, before, _SLICE)
        total += dropped
        if dropped < _SLICE:
            return total
