"""Take over what the processor says of any number of attempts: lock, decide, save, tell. The one way in which an attempt changes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.chassis.database import Transaction
from services.payments.domain.attempt import Attempt
from services.payments.domain.decide import AttemptFact, decide, disagrees, looked_at
from services.payments.domain.outcome import Outcome
from services.payments.domain.payment_method import MethodDetails
from services.payments.usecases import metrics
from services.payments.usecases.ports import Ports

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
    method_ids = await _keep_methods(ports, transaction, attempts, agreeing, now)
    facts: list[tuple[Attempt, AttemptFact]] = []
    changed: dict[UUID, Attempt] = {}
    for one in agreeing:
        before, outcome = attempts[one.attempt_id], one.outcome
        if outcome.details:
            outcome = replace(outcome, payment_method_id=method_ids.get(outcome.details.processor_id))
        after, happened = decide(before, outcome, now)
        if one.looked:
            after = looked_at(after, now)
        if after is not before:
            attempts[after.id] = changed[after.id] = after
        facts += [(after, fact) for fact in happened]
        metrics.count_moves(before, after)
    await ports.attempts.save(transaction, list(changed.values()))
    ports.tell_attempts(transaction, facts)
    return attempts


async def _keep_methods(
    ports: Ports, transaction: Transaction, attempts: dict[UUID, Attempt], said: Sequence[Said], now: datetime
) -> dict[str, UUID]:
    wanted: dict[str, tuple[UUID, UUID, MethodDetails]] = {}
    for one in said:
        attempt, outcome = attempts[one.attempt_id], one.outcome
        if outcome.verb == "succeed" and outcome.details and attempt.keep_method and attempt.payment_method_id is None:
            wanted[outcome.details.processor_id] = (attempt.organization_id, attempt.customer_id, outcome.details)
    ids, new = await ports.methods.ensure(transaction, list(wanted.values()), now)
    ports.tell_methods(transaction, "payment_method.created", new)
    return ids


def _disagrees(attempt: Attempt, outcome: Outcome) -> bool:
    if not disagrees(attempt, outcome):
        return False
    metrics.MISMATCHES.inc()
    _log.error("the processor tells of another payment than ours", extra={"reason": "PAYMENT_MISMATCH", "where": str(attempt.id)})
    return True
