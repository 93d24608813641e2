"""Rates by quantity: a table of tiers that is contiguous by construction, each from where the one before ended up to its bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.pricing.errors import PriceTiersInvalid


class TierType(StrEnum):
    """How a quantity meets the tiers."""

    VOLUME = "volume"
    """The whole quantity at the rate of the tier that it falls into."""
    GRADUATED = "graduated"
    """Each part of the quantity at the rate of its own tier."""


@dataclass(frozen=True, slots=True)
class Tier:
    """Up to and with `bound`; None: open."""

    bound: int | None
    unit_amount: int
    """Minor units a seat or unit."""


def check_tiers(tiers: Sequence[Tier], *, at: str) -> None:
    """PriceTiersInvalid unless the bounds ascend from 1 and the last tier, and only that, is open. `at`: where the request says them."""
    if not tiers:
        raise PriceTiersInvalid("there must be a tier", at)
    before = 0
    for index, tier in enumerate(tiers[:-1]):
        if tier.bound is None:
            raise PriceTiersInvalid("only the last tier is open: give the largest quantity of this one", f"{at}[{index}].bound")
        if tier.bound <= before:
            raise PriceTiersInvalid(f"the bounds of tiers ascend: this one must be larger than {before}", f"{at}[{index}].bound")
        before = tier.bound
    if tiers[-1].bound is not None:
        raise PriceTiersInvalid("the last tier is open and has no bound", f"{at}[{len(tiers) - 1}].bound")


def tiered_amount(tier_type: TierType, tiers: Sequence[Tier], quantity: int) -> int:
    """What `quantity` costs, minor units; 0 costs 0. The tiers have passed `check_tiers`, so that every quantity has its rate."""
    if quantity == 0:
        return 0
    if tier_type is TierType.VOLUME:
        return quantity * next(tier.unit_amount for tier in tiers if tier.bound is None or quantity <= tier.bound)
    amount, before = 0, 0
    for tier in tiers:
        until = quantity if tier.bound is None else min(quantity, tier.bound)
        amount += max(0, until - before) * tier.unit_amount
        before = until
    return amount
