"""Why a move is not possible, by the state in which the model is."""

from __future__ import annotations

from collections.abc import Iterator

from tests.life.catalog import Product
from tests.life.model import Life
from tests.life.operations import (
    AdjustBalance,
    Cancel,
    ChangeProduct,
    ChangeQuantity,
    ClearPendingUpdate,
    Operation,
    Pause,
    Resume,
    Uncancel,
)
from tests.life.wishes import ChangeDiscount, EndTrial, MovePeriodEnd, MoveTrialEnd, RetryPayment, UnschedulePause

CHANGES = (ChangeProduct, ChangeQuantity, ChangeDiscount, EndTrial, MoveTrialEnd, MovePeriodEnd)
_MOST_RETRIES = 5
_Checks = Iterator[tuple[bool, str]]
"""Whether something is wrong, and what; the first one counts."""


def refusal(life: Life, operation: Operation, retries: int) -> str:
    """The reason, or nothing; `retries`: how often somebody had the newest order charged again."""
    checks = _of_a_change(life, operation) if isinstance(operation, CHANGES) else _of_a_move(life, operation, retries)
    return next((reason for wrong, reason in checks if wrong), "")


def counted(product: Product) -> str:
    """What its price counts; empty if nothing."""
    return next((price.kind for price in product.prices if price.kind != "fixed"), "")


def _of_a_change(life: Life, operation: Operation) -> _Checks:
    yield life.status == "canceled", "SUBSCRIPTION_ENDED"
    yield life.status == "paused", "SUBSCRIPTION_PAUSED"
    yield life.status == "unpaid", "SUBSCRIPTION_UNPAID"
    yield life.cancels, "SUBSCRIPTION_CANCELED"
    match operation:
        case EndTrial():
            yield life.status != "trialing", "SUBSCRIPTION_NOT_TRIALING"
        case MoveTrialEnd():
            yield operation.to <= operation.at, "TRIAL_END_IN_PAST"
            yield life.status == "past_due", "SUBSCRIPTION_STATUS_WRONG"
        case MovePeriodEnd():
            yield operation.to <= operation.at, "PERIOD_END_IN_PAST"
        case ChangeProduct():
            was, will = counted(life.current.product), counted(operation.product)
            yield was != will and was == "seats", "NOT_SEAT_BASED"
            yield was != will and was == "units", "NOT_UNIT_BASED"
            yield was != will, f"{will.upper()}_NEEDED"
        case ChangeQuantity():
            yield not counted(life.current.product), "NOT_SEAT_BASED"


def _of_a_move(life: Life, operation: Operation, retries: int) -> _Checks:
    match operation:
        case Cancel():
            yield life.status == "canceled", "SUBSCRIPTION_ENDED"
            yield life.status in ("paused", "unpaid"), "SUBSCRIPTION_STATUS_WRONG"
        case Uncancel():
            yield life.status == "canceled", "SUBSCRIPTION_ENDED"
            yield not life.cancels, "SUBSCRIPTION_NOT_CANCELED"
        case Pause():
            yield life.status == "canceled", "SUBSCRIPTION_ENDED"
            yield life.status != "active", "SUBSCRIPTION_NOT_ACTIVE"
            yield life.cancels, "SUBSCRIPTION_CANCELED"
            too_early = operation.resumes_at is not None and life.end is not None and operation.resumes_at <= life.end
            yield too_early, "RESUMES_AT_TOO_EARLY"
        case UnschedulePause():
            yield not life.pauses, "PAUSE_NOT_SCHEDULED"
        case Resume():
            yield life.status != "paused", "SUBSCRIPTION_NOT_PAUSED"
        case ClearPendingUpdate():
            yield life.pending is None, "NO_PENDING_UPDATE"
        case AdjustBalance():
            yield operation.amount < 0 and life.balance + operation.amount < 0, "BALANCE_NOT_ENOUGH"
        case RetryPayment():
            yield life.orders[-1].status != "pending", "ORDER_NOT_PENDING"
            yield retries >= _MOST_RETRIES, "TOO_MANY_RETRIES"
