"""A year in the life of one subscription, on the clock of a sandbox: every step moves the clock and then does what people do that day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx

from deploy.demo.edge import Edge

START = datetime(2026, 1, 17, 9, 0, tzinfo=UTC)
END = datetime(2027, 1, 17, 9, 0, tzinfo=UTC)
GOOD_CARD, NEW_CARD = "pm_card_visa", "pm_card_mastercard"
_FRANCE = {"country": "FR", "city": "Lyon", "postal_code": "69001", "line1": "1 place Bellecour"}
_PAID = "ORDER_STATUS_PAID"


@dataclass
class Life:
    """The sandbox's merchant, a customer's subscription, and what has to be true of it."""

    merchant: Edge
    buyer: Edge
    simulator_url: str
    organization_id: str
    starter: str = ""
    team: str = ""
    crew: str = ""
    benefit: str = ""
    customer_id: str = ""
    holder_id: str = ""
    """Who has a seat."""
    subscription_id: str = ""
    now: datetime = START
    expectations: list[tuple[str, bool]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    """Of the facts that came true, by type."""

    def expect(self, sentence: str, true: bool) -> None:
        """Something that must be so."""
        self.expectations.append((sentence, true))

    def advance(self, to: datetime) -> dict[str, Any]:
        """The sandbox's time becomes `to`; the advance with what happened. The edge answers long ones in parts."""
        request_id = str(uuid4())
        while True:
            advance = self.merchant.post("clock:advance", {"to": to.isoformat()}, request_id=request_id)
            if advance["status"] == "CLOCK_ADVANCE_STATUS_FINISHED":
                self.now = to
                self.counts.update({each["type"]: each["count"] for each in advance["counts"]})
                return advance

    def subscription(self) -> dict[str, Any]:
        """As it stands."""
        return self.merchant.get(f"subscriptions/{self.subscription_id}")

    def status(self) -> str:
        """Its status as a word."""
        return str(self.subscription()["status"]).removeprefix("SUBSCRIPTION_STATUS_").lower()

    def orders(self) -> list[dict[str, Any]]:
        """Of the subscription, oldest first."""
        found = self.merchant.get("orders", subscription_id=self.subscription_id, order_by="created_at", page_size=100)["orders"]
        return [dict(order) for order in found]

    def change(self, change: dict[str, Any], behavior: str = "") -> dict[str, Any]:
        """Preview and make a change; both must bill the same."""
        body: dict[str, Any] = {"change": change}
        if behavior:
            body["proration_behavior"] = f"PRORATION_BEHAVIOR_{behavior}"
        preview = self.merchant.ask(f"subscriptions/{self.subscription_id}:preview_change", body)
        known = len(self.orders())
        changed = self.merchant.post(f"subscriptions/{self.subscription_id}:change", body)
        fresh = self.orders()[known:]
        if fresh:
            told, billed = preview["order"], fresh[0]
            self.expect("the preview said what is billed, line by line and to the cent", _lines(told) == _lines(billed))
        return changed

    def entitled(self, customer_id: str) -> bool:
        """Whether a customer may use what the subscription brings."""
        return bool(self.merchant.get("entitlements:check", customer_id=customer_id, benefit_id=self.benefit)["entitled"])

    def decline_next_charges(self, number: int) -> None:
        """The customer's bank says no so often."""
        body = {"code": "insufficient_funds", "customer": self.customer_id, "next": number}
        httpx.post(f"{self.simulator_url}/_sim/cards/decline", json=body, timeout=10.0).raise_for_status()


def begin(operator: Edge, buyer: Edge, simulator_url: str) -> Life:
    """A sandbox in Amsterdam with three plans, two of them sold by seats."""
    organization = operator.post(
        "organizations",
        {
            "name": "Atelier Sandbox",
            "slug": f"sandbox-{uuid4().hex[:8]}",
            "country": "NL",
            "mode": "ORGANIZATION_MODE_SANDBOX",
            "clock_start": START.isoformat(),
            "default_presentment_currency": "eur",
            "settings": {"invoice_prefix": "YEAR", "invoice_numbering": "INVOICE_NUMBERING_ORGANIZATION", "time_zone": "Europe/Amsterdam"},
        },
    )
    token = operator.post("access_tokens", {"organization_id": organization["id"], "comment": "a year", "scopes": ["*"]})
    merchant = Edge(operator.url, operator.grpc_address, token["token"])
    life = Life(merchant, buyer, simulator_url, organization["id"])
    monthly = {"recurring_interval": "RECURRING_INTERVAL_MONTH"}
    trial = {"trial_interval": "RECURRING_INTERVAL_DAY", "trial_interval_count": 14}
    base = {"price_currency": "eur", "tax_behavior": "TAX_BEHAVIOR_EXCLUSIVE"}
    seats = {"tier_type": "TIER_TYPE_GRADUATED", "tiers": [{"bound": 5, "unit_amount": "1000"}, {"unit_amount": "800"}]}
    small = {"tiers": [{"unit_amount": "600"}]}
    life.starter = merchant.post(
        "products", {"name": "Starter", "prices": [{**base, "fixed": {"price_amount": "1900"}}], **monthly, **trial}
    )["id"]
    life.team = merchant.post(
        "products", {"name": "Team", "prices": [{**base, "fixed": {"price_amount": "2000"}}, {**base, "seat_based": seats}], **monthly}
    )["id"]
    life.crew = merchant.post(
        "products", {"name": "Crew", "prices": [{**base, "fixed": {"price_amount": "1000"}}, {**base, "seat_based": small}], **monthly}
    )["id"]
    life.benefit = merchant.post("benefits", {"description": "The workshop", "feature_flag": {}})["id"]
    for product in (life.starter, life.team, life.crew):
        merchant.post(f"products/{product}/benefits", {"benefit_ids": [life.benefit]})
    return life


def trial(life: Life) -> None:
    """17 January: a trial of 14 days begins, with a card"""
    body = {
        "product_ids": [life.starter],
        "customer_email": "camille@example.com",
        "customer_name": "Camille Martin",
        "customer_billing_address": _FRANCE,
    }
    checkout = life.merchant.post("checkouts", body)
    done = life.buyer.post(f"client/checkouts/{checkout['client_secret']}:confirm", {"confirmation_token_id": GOOD_CARD})
    life.customer_id, life.subscription_id = done["customer_id"], done["subscription_id"]
    life.advance(life.now)
    life.expect("the subscription is trialing", life.status() == "trialing")
    life.expect("the trial's order is paid and costs nothing", _totals(life) == [(_PAID, "0")])
    life.expect("the customer may use it", life.entitled(life.customer_id))


def first_payment(life: Life) -> None:
    """31 January: the trial is over, the first month is paid"""
    happened = life.advance(_at(1, 31))
    told = [each["type"] for each in happened["happenings"]]
    life.expect("the end of the trial was announced three days before", "subscription.trial_end_announced" in told)
    life.expect("it is active", life.status() == "active")
    life.expect("19.00 and 20 % VAT were charged", _totals(life)[-1] == (_PAID, "2280"))


def short_month(life: Life) -> None:
    """28 February: the 31st is the last day of a short month"""
    life.advance(_at(2, 28))
    subscription = life.subscription()
    life.expect("the period runs from 28 February to 31 March", _days(subscription) == ("2026-02-28", "2026-03-31"))


def upgrade(life: Life) -> None:
    """15 March: an upgrade in mid-month, to the team plan with three seats"""
    life.advance(_at(3, 15))
    before = len(life.orders())
    changed = life.change({"product": {"product_id": life.team, "seats": 3}}, "PRORATE")
    life.expect("it holds at once", changed["product_id"] == life.team and changed["seats"] == 3)
    life.expect("what it costs waits for the next order", len(life.orders()) == before)
    life.expect("the payer gives the seats away and holds none", not _entitled_by_now(life, life.customer_id))
    for email in ("ada@example.com", "ben@example.com"):
        seat = life.merchant.post("customer_seats", {"subscription_id": life.subscription_id, "email": email, "immediate_claim": True})
        life.expect(f"{email} has a seat", seat["status"] == "SEAT_STATUS_CLAIMED")
        life.holder_id = seat["customer_id"]
        life.expect("and may use it", _entitled_by_now(life, life.holder_id))


def more_seats(life: Life) -> None:
    """20 March: three more seats, invoiced at once"""
    life.advance(_at(3, 20))
    changed = life.change({"seats": 6}, "INVOICE")
    life.expect("six seats", changed["seats"] == 6)
    order = life.orders()[-1]
    life.expect("the rest of the month was charged before they were given", order["status"] == _PAID)
    life.expect(
        "with it the credit and the debits of the upgrade, which waited", [item["proration"] for item in order["items"]] == [True] * 4
    )


def renewal(life: Life) -> None:
    """31 March: the first whole month of the team plan"""
    life.advance(_at(3, 31))
    life.expect("20.00, five seats at 10.00 and one at 8.00", life.orders()[-1]["net_amount"] == "7800")
    life.expect("the period runs to 30 April", _days(life.subscription()) == ("2026-03-31", "2026-04-30"))


def declined(life: Life) -> None:
    """30 April: the card is declined, and again on day 2"""
    life.advance(_at(4, 29))
    life.decline_next_charges(2)
    life.advance(_at(5, 3))
    order = life.orders()[-1]
    life.expect(
        "the renewal is not paid, and is past due since 30 April",
        order["status"] == "ORDER_STATUS_PENDING" and order["payment_attempts"] == 2,
    )
    life.expect("the next attempt is on day 7", str(order["next_payment_attempt_at"]).startswith("2026-05-07"))
    life.expect("the subscription is past due", life.status() == "past_due")


def recovered(life: Life) -> None:
    """4 May: the customer brings a new card"""
    life.advance(_at(5, 4))
    life.merchant.post("payment_methods", {"customer_id": life.customer_id, "confirmation_token_id": NEW_CARD})
    life.advance(life.now)
    life.expect("it was charged at once", life.orders()[-1]["status"] == _PAID)
    life.expect("the subscription is active again", life.status() == "active")


def paused(life: Life) -> None:
    """30 June: a pause that was asked for on the 10th begins"""
    life.advance(_at(6, 10))
    resumes = _at(8, 15)
    life.merchant.post(f"subscriptions/{life.subscription_id}:pause", {"resumes_at": resumes.isoformat()})
    life.advance(_at(7, 31))
    life.expect("it rests", life.status() == "paused")
    life.expect("nothing was billed meanwhile", str(life.orders()[-1]["created_at"]).startswith("2026-05-31"))


def resumed(life: Life) -> None:
    """15 August: it goes on by itself, with a new anchor"""
    life.advance(_at(8, 16))
    life.expect("it is active", life.status() == "active")
    life.expect("a new period began", _days(life.subscription()) == ("2026-08-15", "2026-09-15"))
    life.expect("and is paid", life.orders()[-1]["status"] == _PAID)


def downgraded(life: Life) -> None:
    """15 October: a downgrade to the crew plan, which waited for the end of the period"""
    life.advance(_at(10, 1))
    changed = life.change({"product": {"product_id": life.crew}}, "NEXT_PERIOD")
    life.expect(
        "the team plan goes on until then", changed["product_id"] == life.team and changed["pending_update"]["product_id"] == life.crew
    )
    life.advance(_at(10, 16))
    life.expect("then it is the crew plan", life.subscription()["product_id"] == life.crew)
    life.expect("10.00 and six seats at 6.00, with VAT 55.20", _totals(life)[-1] == (_PAID, "5520"))


def canceled(life: Life) -> None:
    """15 November: a cancellation of the 3rd takes effect"""
    life.advance(_at(11, 3))
    why = {"customer_cancellation_reason": "CUSTOMER_CANCELLATION_REASON_UNUSED", "customer_cancellation_comment": "The season is over."}
    life.merchant.post(f"subscriptions/{life.subscription_id}:cancel", why)
    life.expect("the holder of a seat may use it until the end", life.entitled(life.holder_id))
    life.advance(END)
    life.expect("it ended with its period", str(life.subscription()["ended_at"]).startswith("2026-11-15"))
    life.expect("and nobody may use it", not life.entitled(life.holder_id))
    life.expect("nothing was billed after it", str(life.orders()[-1]["created_at"]).startswith("2026-10-15"))


def steps() -> Iterator[tuple[str, Callable[[Life], None]]]:
    """Title and step, in the order of the year."""
    for step in (
        trial,
        first_payment,
        short_month,
        upgrade,
        more_seats,
        renewal,
        declined,
        recovered,
        paused,
        resumed,
        downgraded,
        canceled,
    ):
        yield (step.__doc__ or "").strip(), step


def _at(month: int, day: int) -> datetime:
    return START.replace(month=month, day=day)


def _entitled_by_now(life: Life, customer_id: str) -> bool:
    """Once the suite has settled; the clock stands."""
    life.advance(life.now)
    return life.entitled(customer_id)


def _totals(life: Life) -> list[tuple[str, str]]:
    return [(order["status"], order["total_amount"]) for order in life.orders()]


def _days(subscription: dict[str, Any]) -> tuple[str, str]:
    return str(subscription["current_period_start"])[:10], str(subscription["current_period_end"])[:10]


def _lines(order: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [(item["description"], item["amount"], item["discount_amount"], item["tax_amount"]) for item in order["items"]]
