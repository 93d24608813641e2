"""One attempt to charge an order with the saved card, or with one that a buyer brings later. An order has one under way at most.

unasked ──ask──▶ asked ──await_buyer──▶ awaiting_buyer        each of them ──end──▶ over
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.chassis.lifecycle import Lifecycle
from services.checkout.domain.payment import Outcome


class ChargeTrigger(StrEnum):
    """Who wants it."""

    BILLING = "billing"
    """The order was made."""
    CHANGE = "change"
    """The order was made, and somebody waits for the answer."""
    DUNNING = "dunning"
    """The schedule."""
    NEW_CARD = "new_card"
    CUSTOMER = "customer"


class ChargeStatus(StrEnum):
    """How far it is."""

    UNASKED = "unasked"
    ASKED = "asked"
    AWAITING_BUYER = "awaiting_buyer"
    OVER = "over"


_S = ChargeStatus
CHARGE = Lifecycle(
    "charge",
    {
        "ask": {_S.UNASKED: _S.ASKED},
        "ask_again": {_S.ASKED: _S.UNASKED},
        "await_buyer": {_S.ASKED: _S.AWAITING_BUYER, _S.AWAITING_BUYER: _S.AWAITING_BUYER},
        "end": {_S.UNASKED: _S.OVER, _S.ASKED: _S.OVER, _S.AWAITING_BUYER: _S.OVER},
    },
)


QUIET = timedelta(seconds=30)
"""Longer than asking payments may take, with all repetitions (26 s): what has not arrived by then never will."""
PATIENCE = timedelta(hours=1)
"""For a buyer who has something to do, by the organization's time; then the attempt is given up."""


@dataclass(frozen=True, slots=True)
class Charge:
    """The pair (order, attempt) is the key by which payments knows it, for ever."""

    order_id: UUID
    organization_id: UUID
    attempt: int
    trigger: ChargeTrigger
    status: ChargeStatus
    payment_id: UUID
    created_at: datetime
    request_id: str | None = None
    request_hash: bytes | None = None

    @property
    def counts_for_dunning(self) -> bool:
        """Whether its failure moves the schedule on."""
        return self.trigger in (ChargeTrigger.BILLING, ChargeTrigger.CHANGE, ChargeTrigger.DUNNING)

    @property
    def has_buyer(self) -> bool:
        """Whether somebody is there who can act."""
        return self.trigger is ChargeTrigger.CUSTOMER


@dataclass(frozen=True, slots=True)
class ChargeOutcome:
    """An outcome and the charge it belongs to."""

    order_id: UUID
    attempt: int
    outcome: Outcome


def look_at(charge: Charge, now: datetime) -> datetime:
    """When somebody has to see to a charge that came this far `now`, by the machine's time: it is to be asked for, or asked about."""
    if charge.status is _S.AWAITING_BUYER and not charge.has_buyer:
        return now  # nobody will come
    return now + {_S.ASKED: QUIET, _S.AWAITING_BUYER: PATIENCE}.get(charge.status, timedelta(0))


def moved(charge: Charge, verb: str) -> Charge:
    """The charge one step on."""
    return replace(charge, status=ChargeStatus(CHARGE.after(verb, charge.status)))
