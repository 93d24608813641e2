"""A balance in the past."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AsOf:
    """A balance in the past. `sequence` counts the entries, where it was asked for by transaction."""

    account_id: int
    currency: str
    balance_amount: int
    sequence: int | None
