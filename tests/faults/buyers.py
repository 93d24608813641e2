"""Buyers: each opens a checkout, pays in one of the usual ways, and waits until the shop says how it ended."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx

from tests.e2e.world import ADDRESS
from tests.faults.retrying import Refused, Retrying
from tests.faults.shop import Shop

_LOOK_SECONDS = 0.25
_MOST_SECONDS = 120.0
_MOST_ATTEMPTS = 6
_VISA, _DECLINED, _THREE_D_SECURE = "pm_card_visa", "pm_card_visa_chargeDeclinedInsufficientFunds", "pm_card_threeDSecure2Required"
_OPEN, _CONFIRMED, _SUCCEEDED = "CHECKOUT_STATUS_OPEN", "CHECKOUT_STATUS_CONFIRMED", "CHECKOUT_STATUS_SUCCEEDED"
WAYS = ("card",) * 5 + ("discounted", "declined", "three_d_secure", "subscription", "free", "double_click")


@dataclass(frozen=True, slots=True)
class Plan:
    """What one buyer is going to do, and when after the doors open."""

    number: int
    way: str
    after_seconds: float


@dataclass(frozen=True, slots=True)
class Bought:
    """A purchase that the buyer was told has succeeded."""

    plan: Plan
    checkout_id: UUID
    order_id: UUID
    seconds: float


def plans(count: int, per_second: float, chance: random.Random) -> list[Plan]:
    """`count` buyers who come at random moments, `per_second` of them on average."""
    return [Plan(number, chance.choice(WAYS), chance.uniform(0.0, count / per_second)) for number in range(count)]


async def let_in(shop: Shop, client: Retrying, buyers: Sequence[Plan]) -> list[Bought]:
    """All buyers, each at their moment; returns when the last has what they came for."""
    return await asyncio.gather(*(_come(shop, client, plan) for plan in buyers))


async def _come(shop: Shop, client: Retrying, plan: Plan) -> Bought:
    await asyncio.sleep(plan.after_seconds)
    began = time.monotonic()
    opened = await _open(shop, client, plan)
    first_card = {"declined": _DECLINED, "three_d_secure": _THREE_D_SECURE, "free": None}.get(plan.way, _VISA)
    done = await _pay(shop, client, opened, first_card, clicks=2 if plan.way == "double_click" else 1)
    for _ in range(_MOST_ATTEMPTS):
        if done["status"] == _SUCCEEDED:
            return Bought(plan, UUID(done["id"]), UUID(done["order_id"]), time.monotonic() - began)
        done = await _pay(shop, client, opened, None if plan.way == "free" else _VISA)
    raise Refused(f"buyer {plan.number} could not pay: {done.get('payment_failure')}")


async def _open(shop: Shop, client: Retrying, plan: Plan) -> dict[str, Any]:
    product = {"subscription": shop.monthly, "free": shop.free}.get(plan.way, shop.licensed)
    email = f"buyer{plan.number}.{uuid4().hex[:8]}@example.com"
    body = {"product_ids": [product], "currency": "eur", "customer_email": email, "customer_billing_address": ADDRESS}
    if plan.way == "discounted":
        body["discount_code"] = shop.discount_code
    if plan.way != "double_click":
        return await client.post("checkouts", body, shop.merchant.token)
    body["request_id"] = str(uuid4())
    first, *others = await asyncio.gather(*(client.post("checkouts", body, shop.merchant.token) for _ in range(3)))
    assert all(other == first for other in others), "one request, several answers"
    return first


async def _pay(shop: Shop, client: Retrying, opened: dict[str, Any], card: str | None, *, clicks: int = 1) -> dict[str, Any]:
    """The checkout once this attempt has an outcome: succeeded, or open again."""
    path = f"client/checkouts/{opened['client_secret']}"
    body = {"request_id": str(uuid4()), **({"confirmation_token_id": card} if card else {})}
    *_, checkout = await asyncio.gather(*(client.post(f"{path}:confirm", body) for _ in range(clicks)))
    until = time.monotonic() + _MOST_SECONDS
    while checkout["status"] == _CONFIRMED:
        if time.monotonic() > until:
            raise Refused(f"checkout {checkout['id']} has no outcome after {_MOST_SECONDS:.0f} s")
        if action := checkout.get("payment_action"):
            await _authenticate(shop, action["processor_client_secret"].split("_secret_")[0])
        await asyncio.sleep(_LOOK_SECONDS)
        checkout = await client.get(path)
    return checkout


async def _authenticate(shop: Shop, intent: str) -> None:
    """The buyer tells their bank yes; a bank that is down is asked again when the checkout is looked at again."""
    async with httpx.AsyncClient(timeout=5.0) as bank:
        try:
            await bank.post(f"{shop.simulator_url}/_sim/buyer/authenticate", json={"intent": intent, "outcome": "succeed"})
        except httpx.TransportError:
            return
