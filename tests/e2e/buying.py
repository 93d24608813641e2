"""A shop and a buyer, in the words of the people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from deploy.audit.quiet import wait_until_quiet
from deploy.audit.suite import Suite
from tests.e2e.merchants import Merchant
from tests.e2e.simulator import Simulator
from tests.e2e.world import checkout, confirm

Json = dict[str, Any]


@dataclass(frozen=True)
class Shop:
    """A merchant, its buyers, their bank, and patience."""

    merchant: Merchant
    simulator: Simulator
    suite: Suite

    def opens(self, product: Json, **more: Any) -> Json:
        """A checkout for a buyer from France, whose tax is 20 %."""
        return checkout(self.merchant, product["id"], **more)

    def buyer_pays(self, cart: Json, card: str | None = "pm_card_visa", **more: Any) -> Json:
        return confirm(self.merchant, cart, card, **more)

    def buyer_sees(self, cart: Json) -> Json:
        return self.merchant.buyer().get(f"client/checkouts/{cart['client_secret']}")

    def bank_says(self, cart: Json, outcome: str) -> None:
        self.simulator.authenticate(cart["payment_action"]["processor_client_secret"], outcome)

    def everything_settles(self) -> None:
        wait_until_quiet(self.suite, 60.0)

    def order(self, cart: Json) -> Json:
        return self.merchant.get(f"orders/{cart['order_id']}")

    def payments(self, cart: Json) -> list[str]:
        """How each attempt ended."""
        found = self.merchant.get("payments", checkout_id=cart["id"])["payments"]
        return sorted(str(payment["status"]).removeprefix("PAYMENT_STATUS_") for payment in found)

    def journal(self, cart: Json) -> list[str]:
        """Which transactions the ledger has for the order."""
        found = self.merchant.get("ledger/transactions", source_id=cart["order_id"])["transactions"]
        return sorted(str(transaction["kind"]).removeprefix("TRANSACTION_KIND_") for transaction in found)

    def has(self, customer_id: str, benefit: Json) -> bool:
        return bool(self.merchant.get("entitlements:check", customer_id=customer_id, benefit_id=benefit["id"])["entitled"])
