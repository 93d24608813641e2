"""A bank wants the buyer to confirm, and no buyer is there, or none came: the attempt is canceled."""

from __future__ import annotations

from services.checkout.domain.charge import Charge
from services.checkout.domain.collection import AUTHENTICATION_REQUIRED
from services.checkout.domain.payment import Declined, Outcome, Undecided
from services.checkout.usecases.outside_ports import NOBODY_KNOWS, ChargesOutside


async def give_up_charge(charge: Charge, *, payments: ChargesOutside) -> Outcome:
    """How it ended: money that came all the same counts. Undecided while nobody knows."""
    try:
        ended = await payments.give_up(charge)
    except NOBODY_KNOWS:
        return Undecided()
    return AUTHENTICATION_REQUIRED if isinstance(ended, Declined) and not charge.has_buyer else ended
