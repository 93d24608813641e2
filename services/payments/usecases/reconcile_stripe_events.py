"""Read Stripe's event list from where it was last read, and take in what no webhook brought."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from services.payments.usecases import metrics
from services.payments.usecases.ports import Ports
from services.payments.usecases.processor import OutcomeUnknown

EVERY = timedelta(seconds=60)
OVERLAP = timedelta(minutes=5)
"""Events appear in the list a little after the time that they bear, and webhooks are allowed to be late."""
_WINDOW = timedelta(hours=1)
_LEASE = timedelta(minutes=5)
_MOST_PAGES = 1000
_log = logging.getLogger("bursar.payments")


async def reconcile_stripe_events(ports: Ports) -> int:
    """How many events were missing. Each call reads one window, so that a long gap is closed step by step."""
    now = ports.clock.now()
    async with ports.worker_database.transaction() as transaction:
        position = await ports.events.claim_cursor(transaction, now, now + _LEASE)
    if position is None:
        return 0
    until = position + _WINDOW if position + _WINDOW < now else None
    try:
        missing, newest = await _take_in(ports, position - OVERLAP, until)
    except OutcomeUnknown:
        _log.warning("the event list could not be read; it will be read again", extra={"reason": "PROCESSOR_UNAVAILABLE"})
        return 0
    if missing:
        metrics.MISMATCHES.inc(missing)
        _log.warning("events came by the list and not by webhook", extra={"count": missing})
    # Stripe's clock may be ahead of ours (in a sandbox, by days): the list is read on from what it showed.
    reached = max(until or now, newest or position)
    async with ports.worker_database.transaction() as transaction:
        await ports.events.move_cursor(transaction, reached, now if until else now + EVERY)
    return missing


async def _take_in(ports: Ports, since: datetime, until: datetime | None) -> tuple[int, datetime | None]:
    """How many events were new, and when the newest of all was made."""
    missing, newest = 0, None
    after: str | None = None
    for _ in range(_MOST_PAGES):
        page = await ports.processor.list_events(since, until, after)
        async with ports.worker_database.transaction() as transaction:
            missing += await ports.events.add(transaction, page.events, "list", ports.clock.now())
        newest = newest or (page.events[0].created_at if page.events else None)
        after = page.after
        if after is None:
            break
    else:
        _log.error("more events than are read at once: the oldest of the window were not looked at", extra={"count": _MOST_PAGES})
    return missing, newest
