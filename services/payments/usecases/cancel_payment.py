"""Give up a payment that waits for the buyer, or for its turn."""

from __future__ import annotations

from uuid import UUID

from services.chassis.errors import Unavailable
from services.payments.domain import attempt as a
from services.payments.domain.attempt import Attempt, Kind
from services.payments.domain.errors import payment_not_cancelable
from services.payments.domain.outcome import Outcome
from services.payments.usecases.asks import Asks
from services.payments.usecases.look_up_attempt import look_up_attempt
from services.payments.usecases.ports import Ports
from services.payments.usecases.processor import OutcomeUnknown, Refused
from services.payments.usecases.record_outcomes import Said, record_outcomes

_CANCELED = Outcome("cancel", closed=True)


async def cancel_payment(ports: Ports, asks: Asks, organization_id: UUID, order_id: UUID, number: int) -> Attempt:
    """The payment afterwards; one that is over without money moved stays as it is.

    NotFound: PAYMENT_NOT_FOUND. NotPossibleNow: PAYMENT_NOT_CANCELABLE. Unavailable: nobody knows; the same call again finds out.
    """
    attempt = await look_up_attempt(ports, asks, organization_id, Kind.PAYMENT, order_id, number)
    if attempt.is_queued:
        attempt = await _taken_back(ports, attempt)
    if attempt.status in (a.FAILED, a.CANCELED):
        return attempt
    if attempt.status not in (a.REQUIRES_ACTION, a.PROCESSING) or attempt.processor_id is None:
        raise payment_not_cancelable(attempt.status)
    try:
        outcome = await ports.processor.cancel(attempt)
    except Refused:
        raise payment_not_cancelable(attempt.status) from None
    except OutcomeUnknown:
        raise Unavailable("PROCESSOR_UNAVAILABLE", "the processor does not answer; try again", retry_after_seconds=1.0) from None
    async with ports.database.transaction(organization_id) as transaction:
        after = (await record_outcomes(ports, transaction, [Said(attempt.id, outcome)]))[attempt.id]
    if after.status not in (a.FAILED, a.CANCELED):
        raise payment_not_cancelable(after.status)
    return after


async def _taken_back(ports: Ports, attempt: Attempt) -> Attempt:
    """A charge that nobody has asked about, canceled; as it is if the lane was quicker."""
    async with ports.database.transaction(attempt.organization_id) as transaction:
        [locked] = await ports.attempts.lock(transaction, [attempt.id])
        if not locked.is_queued:
            return locked
        return (await record_outcomes(ports, transaction, [Said(attempt.id, _CANCELED)]))[attempt.id]
