"""The one decision of the service: what an outcome makes of an attempt, and which facts that is.

The processor's answer, its events, look-ups and the reconciler all end here. The decision is monotone, so any order and any
number of outcomes of one attempt lead to the same end, and each fact is told once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.payments.domain import attempt as a
from services.payments.domain import declines
from services.payments.domain.attempt import LIFECYCLE, Attempt, Kind
from services.payments.domain.due import due_after
from services.payments.domain.outcome import WAIT, Outcome


@dataclass(frozen=True, slots=True)
class AttemptFact:
    """Something to tell of an attempt: the type, and the version of the attempt with it."""

    type: str
    version: int


_ANSWER_IS_COMING = timedelta(seconds=2)
_TOLD = {a.SUCCEEDED: "succeeded", a.FAILED: "failed", a.CANCELED: "failed", a.REQUIRES_ACTION: "requires_action"}


def decide(attempt: Attempt, outcome: Outcome, now: datetime, told_at: datetime) -> tuple[Attempt, tuple[AttemptFact, ...]]:
    """The attempt after the outcome, and what happened with it.

    `now` is the machine's, for the next look; `told_at` the organization's, for what is stored and told.
    """
    if attempt.off_session and outcome.verb == "require_action":
        # Nobody is there to act. The next step closes it at the processor.
        outcome = replace(outcome, verb="fail", failure=declines.owner_absent())
    after, told = _moved(attempt, outcome, told_at)
    if outcome.settlement and after.kind is Kind.PAYMENT and after.status == a.SUCCEEDED and after.settlement is None:
        after, told = replace(after, settlement=outcome.settlement), [*told, "payment.settled"]
    if outcome.closed and not after.closed:
        after = replace(after, closed=True)
    facts = tuple(AttemptFact(type, after.version + place) for place, type in enumerate(told, start=1))
    after = replace(after, version=after.version + len(facts))
    after = _dated(attempt, after, outcome, now)
    return (attempt if after == attempt else replace(after, modified_at=told_at)), facts


def looked_at(attempt: Attempt, now: datetime) -> Attempt:
    """The processor was asked just now: the next look is later than the last."""
    return replace(attempt, due_at=due_after(attempt, now))


def disagrees(attempt: Attempt, outcome: Outcome) -> bool:
    """Whether the outcome cannot be this attempt's: another amount, or another object than the one that is known."""
    other_amount = outcome.amount is not None and (outcome.amount, outcome.currency) != (attempt.amount, attempt.currency)
    other_object = None not in (outcome.processor_id, attempt.processor_id) and outcome.processor_id != attempt.processor_id
    return other_amount or other_object


def _moved(attempt: Attempt, outcome: Outcome, told_at: datetime) -> tuple[Attempt, list[str]]:
    known = replace(attempt, processor_id=attempt.processor_id or outcome.processor_id, method=attempt.method or outcome.method)
    verb = "process" if _lacks_method(attempt, outcome) else outcome.verb
    if verb == WAIT or not LIFECYCLE.allows(verb, attempt.status):
        return known, []
    status = LIFECYCLE.after(verb, attempt.status)
    succeeded = status == a.SUCCEEDED
    after = replace(
        known,
        status=status,
        reads=0,
        payment_method_id=attempt.payment_method_id or outcome.payment_method_id,
        next_action=outcome.next_action if status == a.REQUIRES_ACTION else None,
        failure=None if succeeded else (outcome.failure or (declines.CANCELED if status == a.CANCELED else attempt.failure)),
        succeeded_at=told_at if succeeded else None,
        closed=status == a.CANCELED or attempt.status == a.CANCELED,
    )
    told_before = attempt.status == a.CANCELED and status == a.FAILED
    # Of a payment method that is added on its own, its own fact says all.
    if status not in _TOLD or told_before or after.makes_default:
        return after, []
    return after, [f"payment.{'setup_' if attempt.kind is Kind.SETUP else ''}{_TOLD[status]}"]


def _lacks_method(attempt: Attempt, outcome: Outcome) -> bool:
    """A success that shall leave a payment method behind is complete with it: who pays next needs to know which."""
    return outcome.verb == "succeed" and attempt.keep_method and outcome.payment_method_id is None


def _dated(before: Attempt, after: Attempt, outcome: Outcome, now: datetime) -> Attempt:
    moved = after.status != before.status or after.settlement is not before.settlement or after.closed != before.closed
    # Without an answer the call may still be in hand, so whoever made it keeps the lease.
    if moved and after.status != a.UNKNOWN:
        after = replace(after, due_at=due_after(after, now))
    wait = outcome.read_after
    if _lacks_method(after, outcome):
        wait = _ANSWER_IS_COMING if before.status == a.PENDING else timedelta(0)
    # While a call is in hand its own answer says all; and what is complete needs no look.
    if wait is not None and after.status != a.PENDING and after.due_at is not None and now + wait < after.due_at:
        after = replace(after, due_at=now + wait)
    return after
