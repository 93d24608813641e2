"""Orders as the model predicts them and as the suite has them, in one form without ids."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.life.acting import Actor
from tests.life.model import Life

Json = dict[str, Any]


@dataclass(frozen=True, order=True)
class ToldLine:
    start: datetime
    end: datetime
    amount: int
    proration: bool


@dataclass(frozen=True)
class ToldOrder:
    """What a customer would read."""

    at: datetime
    reason: str
    status: str
    lines: tuple[ToldLine, ...]
    discount: int
    tax: int
    total: int
    applied_balance: int
    due: int


@dataclass(frozen=True)
class Told:
    orders: tuple[ToldOrder, ...]
    status: str
    balance: int


def predicted(life: Life) -> Told:
    orders = tuple(
        ToldOrder(
            order.at,
            order.reason,
            order.status,
            tuple(sorted(ToldLine(line.start, line.end, line.amount, line.proration) for line in order.lines)),
            order.discount,
            order.tax,
            order.total,
            order.applied_balance,
            order.due,
        )
        for order in life.orders
    )
    return Told(orders, life.status, life.balance)


def found(actor: Actor) -> Told:
    """What the suite has."""
    listed = actor.caller.get("orders", subscription_id=actor.subscription_id, order_by="created_at", page_size=100)["orders"]
    subscription = actor.caller.get(f"subscriptions/{actor.subscription_id}")
    balances = actor.caller.get(f"customers/{actor.customer_id}/balances").get("balances", [])
    status = subscription["status"].removeprefix("SUBSCRIPTION_STATUS_").lower()
    return Told(tuple(_order(order) for order in listed), status, sum(int(balance["amount"]) for balance in balances))


def _order(order: Json) -> ToldOrder:
    return ToldOrder(
        _instant(order["created_at"]),
        order["billing_reason"].removeprefix("ORDER_BILLING_REASON_").lower(),
        order["status"].removeprefix("ORDER_STATUS_").lower(),
        tuple(sorted(_line(item) for item in order["items"])),
        int(order["discount_amount"]),
        int(order["tax_amount"]),
        int(order["total_amount"]),
        int(order["applied_balance_amount"]),
        int(order["due_amount"]),
    )


def _line(item: Json) -> ToldLine:
    return ToldLine(
        _instant(item["start_timestamp"]), _instant(item["end_timestamp"]), int(item["amount"]), bool(item.get("proration", False))
    )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
