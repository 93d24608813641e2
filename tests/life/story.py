"""Five customers of one sandbox over months: everything that can happen to a subscription happens to one of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from deploy.local.stack import Stack
from tests.e2e.merchants import Merchant, operator
from tests.e2e.simulator import Simulator
from tests.life import patience

Json = dict[str, Any]
START = datetime(2024, 1, 17, 9, tzinfo=UTC)
SPRING = datetime(2024, 3, 6, 9, tzinfo=UTC)
"""Trials, upgrades, seats, a discount and dunning are behind them; short enough to be lived day by day in every run."""
SUMMER = datetime(2024, 6, 16, 9, tzinfo=UTC)
"""All steps are done."""
NEXT_YEAR = datetime(2025, 3, 2, 9, tzinfo=UTC)
"""And a year from 29 February is over."""
_BUY_SECONDS = 60.0
_FRANCE = {"country": "FR", "city": "Lyon", "postal_code": "69001", "line1": "1 place Bellecour"}


@dataclass
class Cast:
    """A sandbox of its own: its merchant, what is sold, and who bought what."""

    merchant: Merchant
    simulator: Simulator
    products: dict[str, str] = field(default_factory=dict)
    discount_id: str = ""
    customers: dict[str, str] = field(default_factory=dict)
    subscriptions: dict[str, str] = field(default_factory=dict)

    def post(self, path: str, **body: Any) -> Json:
        """However often that takes."""
        return patience.post(self.merchant, path, body)

    def subscribe(self, name: str, product: str, **terms: Any) -> None:
        customer = self.post("customers", email=f"{name}@example.com", name=name, billing_address=_FRANCE)
        fields = {"customer_id": customer["id"], "customer_billing_address": _FRANCE, **terms}
        opened = self.post("checkouts", product_ids=[self.products[product]], currency="eur", **fields)
        confirming = {"confirmation_token_id": "pm_card_visa"}
        bought = patience.post(self.merchant.buyer(), f"client/checkouts/{opened['client_secret']}:confirm", confirming)
        until = time.monotonic() + _BUY_SECONDS
        while bought["status"] == "CHECKOUT_STATUS_CONFIRMED" and time.monotonic() < until:
            # The processor is slow to answer; what it did is found out.
            bought = self.merchant.get(f"checkouts/{opened['id']}")
        assert bought["status"] == "CHECKOUT_STATUS_SUCCEEDED", bought
        self.customers[name], self.subscriptions[name] = customer["id"], bought["subscription_id"]

    def change(self, name: str, behavior: str, **change: Any) -> None:
        body = {"change": change, "proration_behavior": f"PRORATION_BEHAVIOR_{behavior}"}
        self.post(f"subscriptions/{self.subscriptions[name]}:change", **body)

    def verb(self, name: str, verb: str, **body: Any) -> None:
        self.post(f"subscriptions/{self.subscriptions[name]}:{verb}", **body)

    def decline(self, name: str, times: int | None = None) -> None:
        """The bank says no so often; for ever without a number."""
        self.simulator.do("cards/decline", customer=self.customers[name], code="insufficient_funds", **({"next": times} if times else {}))

    def new_card(self, name: str) -> None:
        self.post("payment_methods", customer_id=self.customers[name], confirmation_token_id="pm_card_mastercard")

    def seat(self, name: str, email: str) -> None:
        self.post("customer_seats", subscription_id=self.subscriptions[name], email=email, immediate_claim=True)

    def product(self, name: str) -> Json:
        return {"product_id": self.products[name]}


@dataclass(frozen=True)
class Step:
    """What somebody does, and when."""

    at: datetime
    do: Callable[[Cast], None]


def found_cast(stack: Stack) -> Cast:
    """The sandbox with its catalog, at the beginning. Numbers are drawn by customer: two who renew at the same instant are in no order."""
    founder = operator(stack)
    organization = founder.post(
        "organizations",
        name="A story",
        slug=f"story-{uuid4().hex[:12]}",
        mode="ORGANIZATION_MODE_SANDBOX",
        clock_start=START.isoformat(),
        country="NL",
        default_presentment_currency="eur",
        settings={"invoice_numbering": "INVOICE_NUMBERING_CUSTOMER", "invoice_prefix": "INVC", "time_zone": "Europe/Amsterdam"},
    )
    token = founder.post("access_tokens", organization_id=organization["id"], comment="story", scopes=["*"])["token"]
    merchant = Merchant(UUID(organization["id"]), token, founder.edge_url, founder.edge_grpc)
    cast = Cast(merchant, Simulator(stack.description()["simulator"]["url"]))
    _stock(cast)
    return cast


def _stock(cast: Cast) -> None:
    seats = {"tier_type": "TIER_TYPE_GRADUATED", "tiers": [{"bound": 5, "unit_amount": "1000"}, {"unit_amount": "800"}]}
    crew = {"tiers": [{"unit_amount": "600"}]}
    trial = {"trial_interval": "RECURRING_INTERVAL_DAY", "trial_interval_count": 14}
    catalog: Sequence[tuple[str, str, Sequence[Json], Json]] = (
        ("starter", "MONTH", [_fixed(1900)], trial),
        ("team", "MONTH", [_fixed(2000), {"seat_based": seats}], {}),
        ("crew", "MONTH", [_fixed(1000), {"seat_based": crew}], {}),
        ("weekly", "WEEK", [_fixed(1999)], {}),
        ("weekly small", "WEEK", [_fixed(499)], {}),
        ("yearly", "YEAR", [_fixed(24_900)], {}),
        ("monthly", "MONTH", [_fixed(1200)], {}),
        ("monthly small", "MONTH", [_fixed(700)], {}),
    )
    support = cast.merchant.post("benefits", description="Support", feature_flag={})["id"]
    keys = cast.merchant.post("benefits", description="License", license_keys={})["id"]
    for name, interval, prices, more in catalog:
        body = {"prices": [{"price_currency": "eur", **price} for price in prices], "recurring_interval": f"RECURRING_INTERVAL_{interval}"}
        product = cast.merchant.post("products", name=name.title(), **body, **more)["id"]
        cast.merchant.post(f"products/{product}/benefits", benefit_ids=[support, keys])
        cast.products[name] = product
    reduction = {"percentage": {"basis_points": 1_500}, "duration": "DISCOUNT_DURATION_REPEATING", "duration_in_months": 2}
    cast.discount_id = cast.merchant.post("discounts", name="Two months", **reduction)["id"]


def steps() -> Sequence[Step]:
    """In the order of time; what is due at the instant of a step has happened before it."""
    return sorted((*_ada(), *_others()), key=lambda step: step.at)


def _ada() -> Sequence[Step]:
    """A trial, an upgrade, seats, a failed renewal, a rest over the end of a month, a downgrade, the end."""
    return (
        Step(START, lambda cast: cast.subscribe("ada", "starter", discount_id=cast.discount_id)),
        Step(_on(2, 10), lambda cast: cast.change("ada", "PRORATE", product={**cast.product("team"), "seats": 3})),
        Step(_on(2, 11), lambda cast: cast.seat("ada", "grace@example.com")),
        Step(_on(2, 20, 7), lambda cast: cast.change("ada", "INVOICE", seats=6)),
        Step(_on(2, 21), lambda cast: cast.seat("ada", "edith@example.com")),
        Step(_on(2, 28), lambda cast: cast.decline("ada", 2)),
        Step(_on(3, 4), lambda cast: cast.new_card("ada")),
        Step(_on(3, 10), lambda cast: cast.verb("ada", "pause", resumes_at=_on(4, 15).isoformat())),
        Step(_on(4, 20), lambda cast: cast.change("ada", "NEXT_PERIOD", product=cast.product("crew"))),
        Step(_on(5, 20), lambda cast: cast.verb("ada", "cancel", customer_cancellation_reason="CUSTOMER_CANCELLATION_REASON_UNUSED")),
    )


def _others() -> Sequence[Step]:
    """Weeks with a credit, a card that never works again, another renewed at the same instants until it ends, a year from 29 February."""
    return (
        Step(_on(1, 18, 10), lambda cast: cast.subscribe("bob", "weekly")),
        Step(_on(2, 3, 4), lambda cast: cast.change("bob", "INVOICE", product=cast.product("weekly small"))),
        Step(_on(1, 31, 11), lambda cast: cast.subscribe("cem", "monthly")),
        Step(_on(1, 31, 11), lambda cast: cast.subscribe("dora", "monthly")),
        Step(_on(2, 5), lambda cast: cast.decline("cem")),
        Step(_on(2, 10, 12), lambda cast: cast.change("dora", "NEXT_PERIOD", product=cast.product("monthly small"))),
        Step(_on(3, 20, 12), lambda cast: cast.verb("dora", "cancel")),
        Step(_on(2, 29, 12), lambda cast: cast.subscribe("eva", "yearly")),
    )


def _on(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2024, month, day, hour, tzinfo=UTC)


def _fixed(amount: int) -> Json:
    return {"fixed": {"price_amount": str(amount)}}
