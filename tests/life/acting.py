"""The same operations done to the running suite: a sandbox of its own, every call through the edge, its clock advanced to each of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

from deploy.audit.quiet import wait_until_quiet
from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.e2e.calls import read_response
from tests.e2e.merchants import Merchant as Caller
from tests.e2e.merchants import operator
from tests.e2e.simulator import Simulator
from tests.life import operations as op
from tests.life.catalog import Discount, Merchant, Price, Product

Json = dict[str, Any]
ADDRESS = {"country": "FR", "city": "Lyon", "postal_code": "69001", "line1": "1 place Bellecour"}
_ADVANCE_SECONDS, _SETTLE_SECONDS = 60.0, 30.0
_BANK = {"good": None, "declined": "insufficient_funds", "lost": "lost_card"}


@dataclass
class Actor:
    """Does to the suite what a scenario says. `caller` is the sandbox's merchant."""

    caller: Caller
    simulator: Simulator
    suite: Suite
    now: datetime
    subscription_id: str = ""
    customer_id: str = ""
    _products: dict[Product, Json] = field(default_factory=dict)

    def act(self, operation: op.Operation) -> None:
        """Advance the clock to its instant, and do it."""
        self.advance(operation.at)
        match operation:
            case op.Subscribe():
                self._subscribe(operation)
            case op.ChangeProduct():
                self._change(operation.behavior, product={"product_id": self._product(operation.product)["id"]})
            case op.ChangeQuantity():
                unit = "units" if "units" in self._subscription() else "seats"
                self._change(operation.behavior, **{unit: operation.quantity})
            case op.ClearPendingUpdate():
                self._verb("clear_pending_update")
            case op.Pause():
                self._verb("pause", **({"resumes_at": operation.resumes_at.isoformat()} if operation.resumes_at else {}))
            case op.UseCard():
                self._use_card(operation.card)
            case op.AdjustBalance():
                body = {"currency": "eur", "amount": str(operation.amount), "reason": "scenario"}
                self.caller.post(f"customers/{self.customer_id}/balances:adjust", **body)
            case op.Cancel() | op.Uncancel() | op.Revoke() | op.Resume():
                self._verb(type(operation).__name__.lower())
            case _:
                raise AssertionError(f"nobody knows how to do {operation}")

    def advance(self, to: datetime) -> None:
        """Until the suite has settled there; AssertionError if it does not in time."""
        if to <= self.now:
            return
        request = {"request_id": str(uuid4()), "to": to.isoformat()}
        advance = self.caller.post("clock:advance", **request)
        deadline = monotonic() + _ADVANCE_SECONDS
        while advance["status"] != "CLOCK_ADVANCE_STATUS_FINISHED":
            assert monotonic() < deadline, f"the clock stands at {advance['now']}, waiting for {advance.get('waiting_for')}"
            advance = self.caller.post("clock:advance", **request)
        self.now = to

    def _subscribe(self, operation: op.Subscribe) -> None:
        customer = self.caller.post("customers", email=f"{uuid4().hex}@example.com", billing_address=ADDRESS)
        quantity = {name: value for name, value in (("seats", operation.seats), ("units", operation.units)) if value is not None}
        discount = {"discount_id": self._discount(operation.discount)["id"]} if operation.discount else {}
        product = self._product(operation.product)
        fields = {"customer_id": customer["id"], "customer_billing_address": ADDRESS, **quantity, **discount}
        opened = self.caller.post("checkouts", product_ids=[product["id"]], currency="eur", **fields)
        bought = self.caller.buyer().post(f"client/checkouts/{opened['client_secret']}:confirm", confirmation_token_id="pm_card_visa")
        assert bought["status"] == "CHECKOUT_STATUS_SUCCEEDED", bought
        self.customer_id, self.subscription_id = customer["id"], bought["subscription_id"]
        self._settle()

    def _product(self, product: Product) -> Json:
        if product not in self._products:
            interval = f"RECURRING_INTERVAL_{product.interval.upper()}"
            trial = {"trial_interval": "RECURRING_INTERVAL_DAY", "trial_interval_count": product.trial_days} if product.trial_days else {}
            recurs = {"recurring_interval": interval, "recurring_interval_count": product.count, **trial}
            prices = [{"price_currency": "eur", **_price(price)} for price in product.prices]
            self._products[product] = self.caller.post("products", name=product.name, prices=prices, **recurs)
        return self._products[product]

    def _discount(self, discount: Discount) -> Json:
        by_percent = {"percentage": {"basis_points": discount.basis_points}}
        reduction = by_percent if discount.basis_points else {"fixed": {"amounts": {"eur": str(discount.amount)}}}
        if isinstance(discount.lasts, int):
            duration: Json = {"duration": "DISCOUNT_DURATION_REPEATING", "duration_in_months": discount.lasts}
        else:
            duration = {"duration": f"DISCOUNT_DURATION_{discount.lasts.upper()}"}
        return self.caller.post("discounts", name="Scenario", **reduction, **duration)

    def _change(self, behavior: str, **change: Any) -> None:
        """PAYMENT_FAILED is an outcome like others: what follows from it is compared."""
        body = {"request_id": str(uuid4()), "change": change, "proration_behavior": f"PRORATION_BEHAVIOR_{behavior.upper()}"}
        response = self.caller.rest("POST", f"subscriptions/{self.subscription_id}:change", json=body)
        assert response.status_code == 200 or read_response(response).reason == "PAYMENT_FAILED", response.text
        self._settle()

    def _verb(self, verb: str, **body: Any) -> None:
        self.caller.post(f"subscriptions/{self.subscription_id}:{verb}", **body)
        self._settle()

    def _use_card(self, card: str) -> None:
        self.simulator.do("cards/decline", customer=self.customer_id, code=_BANK[card])
        if card == "good":
            self.caller.post("payment_methods", customer_id=self.customer_id, confirmation_token_id="pm_card_visa")
        self._settle()

    def _settle(self) -> None:
        """What was done just now has had all its effects."""
        wait_until_quiet(self.suite, _SETTLE_SECONDS)

    def _subscription(self) -> Json:
        return self.caller.get(f"subscriptions/{self.subscription_id}")


def found_actor(stack: Stack, suite: Suite, merchant: Merchant, at: datetime) -> Actor:
    """A sandbox whose time begins at `at`, with the merchant's decisions. Tax is collected only where the model's merchant does."""
    founder = operator(stack)
    organization = founder.post(
        "organizations",
        name="A life",
        slug=f"life-{uuid4().hex[:12]}",
        mode="ORGANIZATION_MODE_SANDBOX",
        clock_start=at.isoformat(),
        country="NL",
        default_presentment_currency="eur",
        default_tax_behavior="TAX_BEHAVIOR_INCLUSIVE" if merchant.tax_included else "TAX_BEHAVIOR_EXCLUSIVE",
        settings={
            "time_zone": merchant.zone,
            "dunning_days": list(merchant.dunning_days),
            "unpaid_behavior": f"UNPAID_BEHAVIOR_{merchant.unpaid.upper()}",
            "tax_registrations": [] if merchant.tax else ["US-NY"],
        },
    )
    token = founder.post("access_tokens", organization_id=organization["id"], comment="life", scopes=["*"])["token"]
    caller = Caller(UUID(organization["id"]), token, founder.edge_url, founder.edge_grpc)
    return Actor(caller, Simulator(stack.description()["simulator"]["url"]), suite, at)


def _price(price: Price) -> Json:
    if price.kind == "fixed":
        return {"fixed": {"price_amount": str(price.amount)}}
    tiers = [{"unit_amount": str(amount), **({} if last is None else {"bound": last})} for last, amount in price.tiers]
    based = {"tier_type": "TIER_TYPE_GRADUATED" if price.graduated else "TIER_TYPE_VOLUME", "tiers": tiers}
    return {"seat_based" if price.kind == "seats" else "unit_based": based}
