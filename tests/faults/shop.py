"""What is sold while things break: something with a license key, something recurring, something free, and a discount."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from deploy.local.stack import Stack
from tests.e2e.merchants import Merchant, found_merchant
from tests.e2e.world import product


@dataclass(frozen=True)
class Shop:
    """A merchant with the ids of what is on sale."""

    merchant: Merchant
    simulator_url: str
    licensed: str
    monthly: str
    free: str
    discount_code: str


def open_shop(stack: Stack) -> Shop:
    """An organization of its own with its catalog; while everything is still well."""
    merchant = found_merchant(stack, "shop")
    licensed = product(merchant, 12_300)
    monthly = product(merchant, 4_900, recurring_interval="RECURRING_INTERVAL_MONTH")
    free = product(merchant, 0)
    keys = merchant.post("benefits", description="License", license_keys={"activations": {"limit": 3}})
    support = merchant.post("benefits", description="Support", feature_flag={})
    for sold, benefits in ((licensed, [keys, support]), (monthly, [support]), (free, [support])):
        merchant.post(f"products/{sold['id']}/benefits", benefit_ids=[benefit["id"] for benefit in benefits])
    code = f"HALF{uuid4().hex[:6].upper()}"
    merchant.post("discounts", name="Half", code=code, percentage={"basis_points": 5_000}, duration="DISCOUNT_DURATION_ONCE")
    simulator = stack.description()["simulator"]["url"]
    return Shop(merchant, simulator, licensed["id"], monthly["id"], free["id"], code)
