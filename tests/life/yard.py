"""A shop with a customer in each situation in which a move may be wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx

from deploy.local.stack import Stack
from tests.e2e.merchants import Merchant, found_merchant
from tests.life.shop import FRANCE, UNTAXED, Json, Shop, fixed, open_shop, seats, units

START, NOW = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 5, tzinfo=UTC)
TRIAL: Json = {"trial_interval": "RECURRING_INTERVAL_DAY", "trial_interval_count": 14}
NOBODYS = str(uuid4())


@dataclass
class Yard:
    """A shop with a customer in each situation, somebody else's product, and a way to ask for anything."""

    shop: Shop
    live: Merchant
    foreign_product: str
    discounts: dict[str, str] = field(default_factory=dict)
    checkouts: dict[str, str] = field(default_factory=dict)
    """Open ones, which may not be confirmed: their secrets."""
    tokens: dict[str, str] = field(default_factory=dict)
    seat_id: str = ""

    def ask(self, path: str, **body: Any) -> httpx.Response:
        return self.shop.merchant.rest("POST", path, json={"request_id": str(uuid4()), **body})

    def verb(self, name: str, verb: str, **body: Any) -> httpx.Response:
        return self.ask(f"subscriptions/{self.shop.subscriptions[name]}:{verb}", **body)

    def change(self, name: str, behavior: str = "", **change: Any) -> httpx.Response:
        body = {"proration_behavior": f"PRORATION_BEHAVIOR_{behavior}"} if behavior else {}
        return self.verb(name, "change", change=change, **body)

    def to(self, name: str, product: str, **more: Any) -> httpx.Response:
        return self.change(name, product={**self.shop.product(product), **more})

    def order(self, name: str, verb: str, index: int = -1) -> httpx.Response:
        return self.ask(f"orders/{self.shop.orders(name)[index]['id']}:{verb}")

    def seat(self, name: str, **more: Any) -> httpx.Response:
        return self.ask("customer_seats", subscription_id=self.shop.subscriptions[name], **{"email": "more@example.com", **more})

    def adjust(self, **body: Any) -> httpx.Response:
        path = f"customers/{self.shop.customers['active']}/balances:adjust"
        return self.ask(path, **{"currency": "eur", "reason": "because", **body})

    def confirm(self, checkout: str, card: str = "pm_card_visa") -> httpx.Response:
        path = f"client/checkouts/{self.checkouts[checkout]}:confirm"
        return self.shop.merchant.buyer().rest("POST", path, json={"request_id": str(uuid4()), "confirmation_token_id": card})

    def claim(self, token: str) -> httpx.Response:
        return self.shop.merchant.buyer().rest("POST", f"seat_invitations/{token}:claim", json={})


def opened_yard(stack: Stack) -> Yard:
    """A month after it was opened."""
    settings: Json = {"dunning_days": [2], "unpaid_behavior": "UNPAID_BEHAVIOR_KEEP", "prevent_trial_abuse": True}
    shop = open_shop(stack, START, **UNTAXED, **settings)
    live = found_merchant(stack, "live")
    price = {"price_currency": "eur", **fixed(500)}
    foreign = live.post("products", name="Theirs", prices=[price], recurring_interval="RECURRING_INTERVAL_MONTH")["id"]
    yard = Yard(shop, live, foreign)
    _stock(shop)
    _sell(yard)
    shop.passes(NOW)
    _go_on(yard)
    shop.settles()
    return yard


def _stock(shop: Shop) -> None:
    for name, price in (("small", fixed(1000)), ("large", fixed(2000)), ("free", fixed(0)), ("archived", fixed(1000))):
        shop.stocks(name, price)
    shop.stocks("team", seats((None, 1000), maximum_seats=10))
    shop.stocks("storage", units((None, 100), minimum_units=2, maximum_units=20))
    shop.stocks("custom", {"custom": {"minimum_amount": "100"}})
    shop.stocks("once", fixed(1000), interval="")
    shop.stocks("trial", fixed(1000), **TRIAL)
    both = [{"price_currency": currency, **fixed(1000)} for currency in ("eur", "usd")]
    shop.products["both"] = shop.merchant.post("products", name="Both", prices=both, recurring_interval="RECURRING_INTERVAL_MONTH")["id"]


def _sell(yard: Yard) -> None:
    shop = yard.shop
    for name in ("active", "ended", "canceled", "paused", "pausing", "unpaid"):
        shop.subscribe(name, "small")
    shop.subscribe("dollars", "both", currency="usd")
    shop.subscribe("team", "team", seats=3)
    shop.subscribe("storage", "storage", units=5)
    shop.subscribe("trial", "trial", trial_interval="RECURRING_INTERVAL_DAY", trial_interval_count=100)
    shop.settles()
    shop.verb("ended", "revoke")
    shop.verb("paused", "pause")
    shop.decline("unpaid")
    yard.tokens["old"] = shop.merchant.post("customer_seats", **team_of(shop), email="late@example.com")["invitation_token"]
    yard.seat_id = shop.merchant.post("customer_seats", **team_of(shop), email="here@example.com", immediate_claim=True)["id"]


def _go_on(yard: Yard) -> None:
    shop = yard.shop
    shop.verb("canceled", "cancel")
    shop.verb("pausing", "pause")
    for _ in range(5):
        assert yard.order("unpaid", "retry_payment").json()["status"] == "ORDER_STATUS_PENDING"
    shop.merchant.patch(f"products/{shop.products['archived']}", is_archived=True)
    yard.discounts["dollars"] = shop.discount("once", fixed={"amounts": {"usd": "100"}})
    for name, customer, product in (
        ("second", {"customer_id": shop.customers["active"]}, "large"),
        ("alias", {"customer_email": "trial+again@example.com"}, "trial"),
    ):
        fields = {"product_ids": [shop.products[product]], "customer_billing_address": FRANCE}
        yard.checkouts[name] = shop.merchant.post("checkouts", **fields, **customer)["client_secret"]


def team_of(shop: Shop) -> Json:
    """What sold seats, as requests name it."""
    return {"subscription_id": shop.subscriptions["team"]}
