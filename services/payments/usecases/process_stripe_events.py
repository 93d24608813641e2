"""Process stored events, many in a transaction. No event needs the network: what an event does not say is looked up when due."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta

from services.chassis.database import Transaction
from services.chassis.errors import Conflict, Unavailable
from services.payments.domain.occurrence import AttemptMoved, MethodDetached, MethodUpdated, Occurrence
from services.payments.usecases import metrics
from services.payments.usecases.ports import Ports
from services.payments.usecases.processor import StoredEvent
from services.payments.usecases.record_outcomes import Said, record_outcomes

BATCH = 200
MOST_ATTEMPTS = 5
_FIRST_RETRY = timedelta(seconds=2)
_log = logging.getLogger("bursar.payments")


async def process_stripe_events(ports: Ports) -> int:
    """How many events were taken up. One that fails is set aside for a while, and parked when it keeps failing."""
    try:
        return await _batch(ports, BATCH)
    except (Unavailable, Conflict):
        raise  # the database's doing, not an event's
    except Exception:  # noqa: BLE001 - whatever is wrong with one event must not stop the others
        _log.exception("a batch of events failed; they are processed one by one")
        return await _one_by_one(ports)


async def _batch(ports: Ports, limit: int) -> int:
    async with ports.worker_database.transaction() as transaction:
        events = await ports.events.claim(transaction, ports.clock.now(), limit)
        if events:
            await _process(ports, transaction, events)
    return len(events)


async def _one_by_one(ports: Ports) -> int:
    async with ports.worker_database.transaction() as transaction:
        events = await ports.events.claim(transaction, ports.clock.now(), BATCH)
    for event in events:
        try:
            async with ports.worker_database.transaction() as transaction:
                await _process(ports, transaction, [event])
        except (Unavailable, Conflict):
            raise
        except Exception as error:  # noqa: BLE001 - see above
            await _set_aside(ports, event, error)
    return len(events)


async def _process(ports: Ports, transaction: Transaction, events: Sequence[StoredEvent]) -> None:
    meanings = {event.id: ports.read_event(event.payload) for event in events}
    said = await _said(ports, transaction, meanings)
    known = await record_outcomes(ports, transaction, list(said.values())) if said else {}
    await _methods(ports, transaction, list(meanings.values()))
    ours = {event_id for event_id, one in said.items() if one.attempt_id in known}
    ours |= {event_id for event_id, meaning in meanings.items() if isinstance(meaning, MethodDetached | MethodUpdated)}
    statuses = {event.id: "processed" if event.id in ours else "ignored" for event in events}
    await ports.events.mark(transaction, statuses)
    for status in statuses.values():
        metrics.EVENTS.labels(status).inc()


async def _said(ports: Ports, transaction: Transaction, meanings: Mapping[str, Occurrence]) -> dict[str, Said]:
    """What the events say of attempts, by event."""
    moves = {event_id: meaning for event_id, meaning in meanings.items() if isinstance(meaning, AttemptMoved)}
    nameless = [move.processor_id for move in moves.values() if move.attempt_id is None and move.processor_id]
    ids = await ports.attempts.by_processor_id(transaction, nameless)
    found = {event_id: move.attempt_id or ids.get(move.processor_id or "") for event_id, move in moves.items()}
    return {event_id: Said(attempt_id, moves[event_id].outcome) for event_id, attempt_id in found.items() if attempt_id}


async def _methods(ports: Ports, transaction: Transaction, meanings: Sequence[Occurrence]) -> None:
    updated = [meaning.details for meaning in meanings if isinstance(meaning, MethodUpdated)]
    detached = [meaning.processor_id for meaning in meanings if isinstance(meaning, MethodDetached)]
    if not updated and not detached:
        return
    owners = await ports.methods.owners(transaction, [*(details.processor_id for details in updated), *detached])
    now_of = await ports.organization_clock.now_of(transaction, {organization_id for _, organization_id in owners.values()})
    times = {processor_id: now_of(organization_id) for processor_id, (_, organization_id) in owners.items()}
    await ports.methods.update(transaction, updated, times)
    gone, defaults = await ports.methods.forget(transaction, dict(owners[each] for each in detached if each in owners), now_of, None)
    ports.tell_methods(transaction, "payment_method.deleted", gone)
    ports.tell_methods(transaction, "payment_method.updated", defaults)


async def _set_aside(ports: Ports, event: StoredEvent, error: Exception) -> None:
    attempts = event.attempts + 1
    retry_at = ports.clock.now() + _FIRST_RETRY * 4**attempts if attempts < MOST_ATTEMPTS else None
    reason = f"{type(error).__name__}: {error}"
    _log.error("an event of Stripe failed", extra={"event_id": event.id, "event_type": event.type, "error": type(error).__name__})
    async with ports.worker_database.transaction() as transaction:
        await ports.events.failed(transaction, event.id, reason, retry_at)
