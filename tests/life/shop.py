"""A sandbox with as many customers as a test wants, who share its clock; what was billed to each of them, in a form to compare."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from deploy.local.stack import Stack
from tests.e2e.merchants import Merchant, operator
from tests.e2e.simulator import Simulator
from tests.life import playing
from tests.life.story import Cast

Json = dict[str, Any]
Bill = tuple[str, str, int]
"""Its day, its status, and what was due."""

FRANCE = {"country": "FR", "city": "Lyon", "postal_code": "69001", "line1": "1 place Bellecour"}
UNTAXED: Json = {"tax_registrations": ["US-NY"]}
"""A seller who collects no tax in Europe, so that sums are those of the price list."""


@dataclass
class Shop(Cast):
    """Sells to customers by name."""

    now: datetime = field(kw_only=True)

    def passes(self, to: datetime | timedelta) -> None:
        """All that is due until then has happened and settled."""
        self.now = to if isinstance(to, datetime) else self.now + to
        playing.advance(self, self.now)

    def subscribe(self, name: str, product: str, card: str | None = "pm_card_visa", **terms: Any) -> None:
        """Somebody new, or known by the name, buys it through a checkout. The subscription is there when all has settled."""
        if name not in self.customers:
            fields = {"email": f"{name}@example.com", "name": name, "billing_address": FRANCE}
            self.customers[name] = str(self.merchant.post("customers", **fields)["id"])
        terms = {"customer_id": self.customers[name], "customer_billing_address": FRANCE, **terms}
        opened = self.merchant.post("checkouts", product_ids=[self.products[product]], **terms)
        paying = {"confirmation_token_id": card} if card else {}
        bought = self.merchant.buyer().post(f"client/checkouts/{opened['client_secret']}:confirm", **paying)
        if bought["status"] == "CHECKOUT_STATUS_CONFIRMED":
            self.settles()
            bought = self.merchant.get(f"checkouts/{opened['id']}")
        assert bought["status"] == "CHECKOUT_STATUS_SUCCEEDED", bought
        self.subscriptions[name] = str(bought["subscription_id"])

    def entitled(self, name: str, benefit_id: str) -> bool:
        """Whether the customer may use it now."""
        query = {"customer_id": self.customers[name], "benefit_id": benefit_id}
        return bool(self.merchant.get("entitlements:check", **query)["entitled"])

    def settles(self) -> None:
        """What was done just now has had all its effects; the clock stands."""
        playing.advance(self, self.now)

    def stocks(self, name: str, *prices: Json, interval: str = "month", currency: str = "eur", **more: Any) -> str:
        """A product by its name; without an interval it is sold once."""
        recurs = {"recurring_interval": f"RECURRING_INTERVAL_{interval.upper()}"} if interval else {}
        listed = [{"price_currency": currency, **price} for price in prices]
        self.products[name] = str(self.merchant.post("products", name=name.title(), prices=listed, **recurs, **more)["id"])
        return self.products[name]

    def discount(self, lasts: str | int, **reduction: Any) -> str:
        """`once`, `forever` or for so many months."""
        months = {"duration": "DISCOUNT_DURATION_REPEATING", "duration_in_months": lasts}
        duration = months if isinstance(lasts, int) else {"duration": f"DISCOUNT_DURATION_{lasts.upper()}"}
        return str(self.merchant.post("discounts", name="Less", **reduction, **duration)["id"])

    def subscription(self, name: str) -> Json:
        return self.merchant.get(f"subscriptions/{self.subscriptions[name]}")

    def status(self, name: str) -> str:
        return str(self.subscription(name)["status"]).removeprefix("SUBSCRIPTION_STATUS_").lower()

    def period(self, name: str) -> tuple[str, str]:
        """The instants at which it starts and ends."""
        told = self.subscription(name)
        return told["current_period_start"], told["current_period_end"]

    def orders(self, name: str) -> list[Json]:
        """Oldest first."""
        query = {"subscription_id": self.subscriptions[name], "order_by": "created_at", "page_size": 100}
        return list(self.merchant.get("orders", **query)["orders"])

    def bills(self, name: str) -> list[Bill]:
        """Of each order of the subscription."""
        return [bill(order) for order in self.orders(name)]

    def lines(self, name: str) -> list[int]:
        """The amounts of the newest order, credits first."""
        return sorted(int(item["amount"]) for item in self.orders(name)[-1]["items"])

    def balance(self, name: str) -> int:
        """In the customer's favour."""
        return sum(int(each["amount"]) for each in self.merchant.get(f"customers/{self.customers[name]}/balances")["balances"])

    def changes(self, name: str, behavior: str = "", **change: Any) -> Json:
        """A change; what its preview tells is what it bills."""
        told = self.preview(name, behavior, **change)
        known = len(self.orders(name))
        path, body = f"subscriptions/{self.subscriptions[name]}:change", _asked(change, behavior)
        changed = self.merchant.post(path, **body)
        expected = []
        if "billed_at" in told and datetime.fromisoformat(told["billed_at"]) == self.now:
            self.settles()
            expected.append(figures(told["order"]))
        assert [figures(order) for order in self.orders(name)[known:]] == expected
        return changed

    def preview(self, name: str, behavior: str = "", **change: Any) -> Json:
        """What a change would bill."""
        body = _asked(change, behavior)
        response = self.merchant.rest("POST", f"subscriptions/{self.subscriptions[name]}:preview_change", json=body)
        assert response.status_code == 200, response.text
        return dict(response.json())

    def renews_as_foretold(self, to: datetime, *names: str) -> None:
        """The clock goes on over one renewal of each, which bills what was foretold."""
        told = {name: self.merchant.get(f"subscriptions/{self.subscriptions[name]}:preview_charge") for name in names}
        known = {name: len(self.orders(name)) for name in names}
        self.passes(to)
        for name in names:
            assert figures(self.orders(name)[known[name]]) == figures(told[name]["order"]), name


def open_shop(stack: Stack, start: datetime, *, currency: str = "eur", **settings: Any) -> Shop:
    """A sandbox of its own whose time begins at `start`."""
    founder = operator(stack)
    organization = founder.post(
        "organizations",
        name="A shop",
        slug=f"shop-{uuid4().hex[:12]}",
        mode="ORGANIZATION_MODE_SANDBOX",
        clock_start=start.isoformat(),
        country="NL",
        default_presentment_currency=currency,
        default_tax_behavior="TAX_BEHAVIOR_EXCLUSIVE",
        settings=settings,
    )
    token = founder.post("access_tokens", organization_id=organization["id"], comment="shop", scopes=["*"])["token"]
    merchant = Merchant(UUID(organization["id"]), token, founder.edge_url, founder.edge_grpc)
    return Shop(merchant, Simulator(stack.description()["simulator"]["url"]), now=start)


def on(month: int, day: int, hour: int = 0, *, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def fixed(amount: int) -> Json:
    return {"fixed": {"price_amount": str(amount)}}


def seats(*tiers: tuple[int | None, int], graduated: bool = False, **bounds: int) -> Json:
    """Tiers of the last seat, or None for the open one, and the amount of each."""
    return {"seat_based": _tiered(tiers, graduated) | bounds}


def units(*tiers: tuple[int | None, int], graduated: bool = False, **bounds: int) -> Json:
    """As `seats`."""
    return {"unit_based": _tiered(tiers, graduated) | bounds}


def bill(order: Json) -> Bill:
    """In short."""
    return str(order["created_at"])[:10], str(order["status"]).removeprefix("ORDER_STATUS_").lower(), int(order["due_amount"])


def figures(order: Json) -> Json:
    """All that is money in an order, made or foretold."""
    lines = [
        (item["description"], item["amount"], item["discount_amount"], item["tax_amount"], item["start_timestamp"], item["end_timestamp"])
        for item in order["items"]
    ]
    names = ("subtotal_amount", "discount_amount", "net_amount", "tax_amount", "total_amount", "applied_balance_amount", "due_amount")
    return {"items": lines, **{name: order[name] for name in names}}


def _tiered(tiers: tuple[tuple[int | None, int], ...], graduated: bool) -> Json:
    priced = [{"unit_amount": str(amount), **({} if last is None else {"bound": last})} for last, amount in tiers]
    return {"tier_type": "TIER_TYPE_GRADUATED" if graduated else "TIER_TYPE_VOLUME", "tiers": priced}


def _asked(change: Json, behavior: str) -> Json:
    return {"change": change, **({"proration_behavior": f"PRORATION_BEHAVIOR_{behavior}"} if behavior else {})}
