"""A day in the shop: buyers come while something is done to the suite, and all of them get what they came for."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.faults.buyers import Bought, let_in, plans
from tests.faults.retrying import Retrying
from tests.faults.shop import open_shop
from tests.faults.soundness import QUIET_SECONDS, come_to_rest, each_buyer_got_one


@dataclass(frozen=True, slots=True)
class Day:
    """How it went; times in seconds."""

    bought: Sequence[Bought]
    quiet_seconds: float
    calls: int
    retried: Counter[str]

    @property
    def slowest_seconds(self) -> float:
        """From opening a checkout to the answer that it succeeded."""
        return max(each.seconds for each in self.bought)

    @property
    def slowest_at_once_seconds(self) -> float:
        """The same without those who are first sent to their bank: what the bank says comes as a fact, through the broker."""
        return max(each.seconds for each in self.bought if each.plan.way != "three_d_secure")

    def __str__(self) -> str:
        troubles = ", ".join(f"{count}× {what}" for what, count in self.retried.most_common()) or "none"
        return (
            f"{len(self.bought)} purchases, the slowest {self.slowest_seconds:.1f} s, {self.calls} calls, retries: {troubles}; "
            f"quiet after {self.quiet_seconds:.1f} s"
        )


async def open_day(
    stack: Stack,
    suite: Suite,
    seed: int,
    *,
    purchases: int,
    per_second: float,
    meanwhile: Awaitable[object] | None = None,
    quiet_seconds: float = QUIET_SECONDS,
) -> Day:
    """Let `purchases` buyers in while `meanwhile` happens; then the suite comes to rest, sound, with one order for each buyer."""
    chance = random.Random(seed)
    shop = await asyncio.to_thread(open_shop, stack)
    async with Retrying(shop.merchant.edge_url, chance) as client:
        coming = let_in(shop, client, plans(purchases, per_second, chance))
        bought, _ = await asyncio.gather(coming, meanwhile or asyncio.sleep(0))
    quiet = await asyncio.to_thread(come_to_rest, stack, suite, seconds=quiet_seconds)
    each_buyer_got_one(suite, shop, bought)
    return Day(bought, quiet, client.calls, client.troubles)
