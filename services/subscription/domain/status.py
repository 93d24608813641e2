"""The life of a subscription as one table."""

from __future__ import annotations

from enum import StrEnum

from services.chassis.lifecycle import Lifecycle


class Status(StrEnum):
    """Where a subscription stands."""

    INCOMPLETE = "incomplete"
    """The first payment still needs the buyer."""
    INCOMPLETE_EXPIRED = "incomplete_expired"
    """The first payment never came."""
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    """A renewal was not paid, and is tried again."""
    UNPAID = "unpaid"
    """A renewal was not paid, and is not tried any more."""
    PAUSED = "paused"
    CANCELED = "canceled"
    """It ended."""


_S = Status
LIFECYCLE = Lifecycle(
    "subscription",
    {
        # Money that comes late still buys, so what expired for want of it begins all the same, or the buyer is asked once more.
        "await_payment": {_S.INCOMPLETE: _S.INCOMPLETE, _S.INCOMPLETE_EXPIRED: _S.INCOMPLETE},
        "activate": {_S.INCOMPLETE: _S.ACTIVE, _S.INCOMPLETE_EXPIRED: _S.ACTIVE, _S.TRIALING: _S.ACTIVE},
        "start_trial": {_S.INCOMPLETE: _S.TRIALING, _S.INCOMPLETE_EXPIRED: _S.TRIALING, _S.ACTIVE: _S.TRIALING},
        "expire": {_S.INCOMPLETE: _S.INCOMPLETE_EXPIRED},
        "fall_behind": {_S.ACTIVE: _S.PAST_DUE},
        "recover": {_S.PAST_DUE: _S.ACTIVE, _S.UNPAID: _S.ACTIVE},
        "give_up": {_S.PAST_DUE: _S.UNPAID},
        "pause": {_S.ACTIVE: _S.PAUSED},
        "resume": {_S.PAUSED: _S.ACTIVE},
        # An end that was set for later changes no status.
        "cancel": {_S.TRIALING: _S.TRIALING, _S.ACTIVE: _S.ACTIVE, _S.PAST_DUE: _S.PAST_DUE},
        "uncancel": {_S.TRIALING: _S.TRIALING, _S.ACTIVE: _S.ACTIVE, _S.PAST_DUE: _S.PAST_DUE},
        "end": dict.fromkeys((_S.INCOMPLETE, _S.TRIALING, _S.ACTIVE, _S.PAST_DUE, _S.UNPAID, _S.PAUSED), _S.CANCELED),
    },
)
RUNNING = frozenset({Status.TRIALING, Status.ACTIVE})
"""What the API calls active."""
BILLABLE = RUNNING | {Status.PAST_DUE}
ENDED = frozenset({Status.CANCELED, Status.INCOMPLETE_EXPIRED})


def after(verb: str, status: Status) -> Status:
    """The status that a verb leads to; SUBSCRIPTION_STATUS_WRONG where it is not legal."""
    return Status(LIFECYCLE.after(verb, status))
