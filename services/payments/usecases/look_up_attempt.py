"""Read an attempt by what names it, and ask the processor if the outcome is still to come."""

from __future__ import annotations

from uuid import UUID

from services.chassis import deadline
from services.payments.domain.attempt import Attempt, Kind
from services.payments.domain.errors import payment_not_found, setup_not_found
from services.payments.usecases.ask_processor import waits_for_first_answer
from services.payments.usecases.asks import Asks, finished
from services.payments.usecases.ports import Ports
from services.payments.usecases.processor import OutcomeUnknown, Refused
from services.payments.usecases.record_outcomes import Said, record_outcomes
from services.payments.usecases.resolve_attempts import look

_MARGIN_SECONDS = 0.4


async def look_up_attempt(ports: Ports, asks: Asks, organization_id: UUID, kind: Kind, subject_id: UUID, number: int) -> Attempt:
    """The attempt as far as it is known within the caller's time. NotFound: PAYMENT_NOT_FOUND, SETUP_NOT_FOUND."""
    attempt = await find_attempt(ports, organization_id, kind, subject_id, number)
    if not attempt.is_open or attempt.is_queued:
        return attempt
    running = asks.running(attempt.id)
    if running is None and waits_for_first_answer(attempt) and _leased(ports, attempt):
        return attempt  # another process has the call in hand
    task = running or asks.start(attempt.id, lambda: _ask(ports, attempt))
    return await finished(task, deadline.remaining_seconds() - _MARGIN_SECONDS) or attempt


async def find_attempt(ports: Ports, organization_id: UUID, kind: Kind, subject_id: UUID, number: int) -> Attempt:
    """The stored attempt."""
    async with ports.database.transaction(organization_id) as transaction:
        attempt = await ports.attempts.find(transaction, organization_id, kind, subject_id, number)
    if attempt is None:
        raise payment_not_found() if kind is Kind.PAYMENT else setup_not_found()
    return attempt


async def _ask(ports: Ports, attempt: Attempt) -> Attempt:
    key = (attempt.organization_id, attempt.customer_id)
    async with ports.database.transaction(attempt.organization_id) as transaction:
        customers = await ports.customers.of(transaction, [key])
    try:
        outcome = await look(ports, attempt, customers.get(attempt.customer_id), ports.clock.now())
    except (OutcomeUnknown, Refused):
        return attempt
    async with ports.database.transaction(attempt.organization_id) as transaction:
        after = await record_outcomes(ports, transaction, [Said(attempt.id, outcome)])
    return after.get(attempt.id, attempt)


def _leased(ports: Ports, attempt: Attempt) -> bool:
    return attempt.due_at is not None and attempt.due_at > ports.clock.now()
