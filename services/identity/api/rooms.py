"""What the servicers are given of the other rooms, bound in app.py: one of each for every transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from services.chassis.database import Transaction
from services.identity.usecases.ports import AccessTokens, ClockAdvances, Organizations, Publisher


@dataclass(frozen=True, slots=True)
class Rooms:
    """Makes the repositories and the publisher of a transaction."""

    organizations: Callable[[Transaction], Organizations]
    tokens: Callable[[Transaction], AccessTokens]
    advances: Callable[[Transaction], ClockAdvances]
    publisher: Callable[[Transaction], Publisher]
