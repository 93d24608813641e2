"""An attempt and its row."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from services.chassis.database import Row
from services.payments.domain.attempt import Attempt, Failure, Kind, NextAction, Settlement

_PARTS = ("failure", "next_action", "settlement")
_PLAIN = tuple(field.name for field in fields(Attempt) if field.name not in _PARTS)


def attempt_to_row(attempt: Attempt) -> dict[str, Any]:
    """Every column."""
    failure, action, settlement = attempt.failure, attempt.next_action, attempt.settlement
    return {
        **{name: getattr(attempt, name) for name in _PLAIN},
        "kind": attempt.kind.value,
        "failure_code": failure.code if failure else None,
        "decline_code": failure.decline_code if failure else None,
        "decline_message": failure.message if failure else None,
        "retryable": failure.retryable if failure else None,
        "redirect_url": action.redirect_url if action else None,
        "client_secret": action.client_secret if action else None,
        "settlement_currency": settlement.currency if settlement else None,
        "settlement_amount": settlement.amount if settlement else None,
        "settlement_fee_amount": settlement.fee_amount if settlement else None,
        "settlement_net_amount": settlement.net_amount if settlement else None,
        "settled_at": settlement.settled_at if settlement else None,
        "available_at": settlement.available_at if settlement else None,
    }


def row_to_attempt(row: Row) -> Attempt:
    plain = {name: row[name] for name in _PLAIN} | {"kind": Kind(row["kind"])}
    failure = action = settlement = None
    if row["failure_code"] is not None:
        failure = Failure(row["failure_code"], row["decline_code"], row["decline_message"], row["retryable"])
    if row["client_secret"] is not None:
        action = NextAction(row["redirect_url"], row["client_secret"])
    if row["settlement_currency"] is not None:
        settlement = Settlement(
            currency=row["settlement_currency"],
            amount=row["settlement_amount"],
            fee_amount=row["settlement_fee_amount"],
            net_amount=row["settlement_net_amount"],
            settled_at=row["settled_at"],
            available_at=row["available_at"],
        )
    return Attempt(**plain, failure=failure, next_action=action, settlement=settlement)
