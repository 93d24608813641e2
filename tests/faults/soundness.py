"""The end of every fault test: the suite comes to rest by itself, and all invariants hold."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from deploy.audit.invariants import audit
from deploy.audit.quiet import wait_until_quiet
from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.faults.buyers import Bought
from tests.faults.shop import Shop

QUIET_SECONDS = 60.0


def come_to_rest(stack: Stack, suite: Suite, *, seconds: float = QUIET_SECONDS, parked: Collection[UUID] = ()) -> float:
    """How long it took from the last fault until nothing was under way. Every invariant holds then."""
    for name in stack.processes():
        stack.wait_ready(name, seconds)
    took = wait_until_quiet(suite, seconds)
    broken = [f"{found.invariant}: {problem}" for found in audit(suite, parked=parked) for problem in found.problems]
    assert not broken, "\n".join(broken)
    return took


def each_buyer_got_one(suite: Suite, shop: Shop, bought: Sequence[Bought]) -> None:
    """Every purchase that a buyer saw succeed is there, and there are no others."""
    rows = suite.rows(
        "checkout",
        "select id, checkout_id from orders where status = 'paid' and organization_id = %(organization_id)s",
        organization_id=shop.merchant.organization_id,
    )
    assert sorted((row["checkout_id"], row["id"]) for row in rows) == sorted((each.checkout_id, each.order_id) for each in bought)
