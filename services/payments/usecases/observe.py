"""Measure what must not grow."""

from __future__ import annotations

from services.payments.usecases import metrics
from services.payments.usecases.ports import Ports


async def observe(ports: Ports) -> None:
    """Set the gauges."""
    async with ports.worker_database.transaction() as transaction:
        backlog = await ports.attempts.oldest_unknown(transaction)
        events = await ports.events.counts(transaction)
    metrics.QUEUED.set(backlog.queued)
    metrics.UNKNOWN.set(backlog.asked)
    metrics.OLDEST_UNKNOWN.set((ports.clock.now() - backlog.oldest).total_seconds() if backlog.oldest else 0)
    metrics.EVENTS_WAITING.set(events.get("waiting", 0))
    metrics.EVENTS_PARKED.set(events.get("parked", 0))
