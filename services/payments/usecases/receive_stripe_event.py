"""Take in one verified event: store it, and let it be processed afterwards."""

from __future__ import annotations

from services.chassis.database import Transaction
from services.payments.usecases import metrics
from services.payments.usecases.ports import Ports
from services.payments.usecases.processor import StoredEvent


async def receive_stripe_event(ports: Ports, event: StoredEvent) -> bool:
    """Whether the event is new. Committed when this returns, so the sender may forget it."""
    async with ports.worker_database.connection() as connection:
        # One statement is a transaction of its own: one round trip in place of three.
        new = bool(await ports.events.add(Transaction(connection), [event], "webhook", ports.clock.now()))
    metrics.EVENTS.labels("stored" if new else "duplicate").inc()
    return new
