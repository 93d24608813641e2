"""Take over what the processor says of any number of attempts: lock, decide, save, tell. The one way in which an attempt changes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.chassis.database import Transaction
from services.chassis.errors import Conflict, Unavailable
from services.chassis.ids import is_sandbox
from services.chassis.organization_clock import NowOf
from services.payments.domain.attempt import Attempt
from services.payments.domain.decide import AttemptFact, decide, disagrees, looked_at
from services.payments.domain.outcome import Outcome
from services.payments.usecases import metrics
from services.payments.usecases.ports import NewMethod, Ports

_PAUSES_SECONDS = (0.1, 0.5, 1.5)
_log = logging.getLogger("bursar.payments")


@dataclass(frozen=True, slots=True)
class Said:
    """What the processor said of one attempt; `looked` if it was asked for it just now."""

    attempt_id: UUID
    outcome: Outcome
    looked: bool = False


async def record_outcomes(ports: Ports, transaction: Transaction, said: Sequence[Said]) -> dict[UUID, Attempt]:
    """The attempts afterwards, by id. Those of other organizations, or of nobody, are left out."""
    locked = await ports.attempts.lock(transaction, sorted({one.attempt_id for one in said}))
    attempts = {attempt.id: attempt for attempt in locked}
    agreeing = [one for one in said if one.attempt_id in attempts and not _disagrees(attempts[one.attempt_id], one.outcome)]
    now = ports.clock.now()
    now_of = await ports.organization_clock.now_of(transaction, {attempt.organization_id for attempt in locked})
    method_ids = await _keep_methods(ports, transaction, attempts, agreeing, now_of)
    facts: list[tuple[Attempt, AttemptFact]] = []
    changed: dict[UUID, Attempt] = {}
    for one in agreeing:
        before, outcome = attempts[one.attempt_id], one.outcome
        if outcome.details:
            outcome = replace(outcome, payment_method_id=method_ids.get(outcome.details.processor_id))
        told_at = now_of(before.organization_id)
        after, happened = decide(before, _in_time_of(before, outcome, told_at), now, told_at)
        if one.looked:
            after = looked_at(after, now)
        if after is not before:
            attempts[after.id] = changed[after.id] = after
        facts += [(after, fact) for fact in happened]
        metrics.count_moves(before, after)
    await ports.attempts.save(transaction, list(changed.values()))
    ports.tell_attempts(transaction, facts)
    return attempts


async def record_persistently(ports: Ports, said: Sequence[Said]) -> dict[UUID, Attempt]:
    """The same in a transaction of its own, again when the database refuses: what the processor answered shall not be asked twice."""
    for pause_seconds in _PAUSES_SECONDS:
        try:
            return await _record(ports, said)
        except (Conflict, Unavailable):
            await asyncio.sleep(pause_seconds)
    return await _record(ports, said)


async def _record(ports: Ports, said: Sequence[Said]) -> dict[UUID, Attempt]:
    async with ports.worker_database.transaction() as transaction:
        return await record_outcomes(ports, transaction, said)


async def _keep_methods(
    ports: Ports, transaction: Transaction, attempts: dict[UUID, Attempt], said: Sequence[Said], now_of: NowOf
) -> Mapping[str, UUID]:
    wanted: dict[str, NewMethod] = {}
    for one in said:
        attempt, outcome = attempts[one.attempt_id], one.outcome
        if outcome.verb == "succeed" and outcome.details and attempt.keep_method and attempt.payment_method_id is None:
            new = NewMethod(attempt.organization_id, attempt.customer_id, outcome.details, attempt.makes_default)
            wanted[outcome.details.processor_id] = new
    kept = await ports.methods.ensure(transaction, list(wanted.values()), now_of)
    ports.tell_methods(transaction, "payment_method.created", kept.new)
    ports.tell_methods(transaction, "payment_method.updated", kept.former_defaults)
    return kept.ids


def _in_time_of(attempt: Attempt, outcome: Outcome, told_at: datetime) -> Outcome:
    """The processor books by its own calendar, which is not a sandbox's: there the days until the money comes are counted from now."""
    settlement = outcome.settlement
    if settlement is None or not is_sandbox(attempt.organization_id):
        return outcome
    available_at = told_at + (settlement.available_at - settlement.settled_at)
    return replace(outcome, settlement=replace(settlement, settled_at=told_at, available_at=available_at))


def _disagrees(attempt: Attempt, outcome: Outcome) -> bool:
    if not disagrees(attempt, outcome):
        return False
    metrics.MISMATCHES.inc()
    _log.error("the processor tells of another payment than ours", extra={"reason": "PAYMENT_MISMATCH", "where": str(attempt.id)})
    return True
