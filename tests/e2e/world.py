"""One of everything that an organization can own, with the ids by the names that requests use for them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from deploy.audit.quiet import wait_until_quiet
from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.e2e.merchants import Merchant, sandbox

World = dict[str, str]

ADDRESS = {"country": "FR", "city": "Lyon", "postal_code": "69001", "line1": "1 place Bellecour"}


def product(merchant: Merchant, price_amount: int, **more: Any) -> dict[str, Any]:
    """A product with one fixed price in euros, tax on top."""
    price = {"price_currency": "eur", "tax_behavior": "TAX_BEHAVIOR_EXCLUSIVE", "fixed": {"price_amount": str(price_amount)}}
    return merchant.post("products", name="Editor", prices=[price], **more)


def checkout(merchant: Merchant, product_id: str, **more: Any) -> dict[str, Any]:
    """An open checkout with all that a confirm needs but the card."""
    fields = {"customer_email": f"{uuid4().hex}@example.com", "customer_billing_address": ADDRESS, **more}
    return merchant.post("checkouts", product_ids=[product_id], currency="eur", **fields)


def confirm(merchant: Merchant, opened: dict[str, Any], card: str | None = "pm_card_visa", **more: Any) -> dict[str, Any]:
    """The buyer pays."""
    body = {"confirmation_token_id": card, **more} if card else more
    return merchant.buyer().post(f"client/checkouts/{opened['client_secret']}:confirm", **body)


def seats(merchant: Merchant, name: str, price_amount: int) -> dict[str, Any]:
    """A product with one price a seat and month."""
    per_seat = {"tiers": [{"unit_amount": str(price_amount)}]}
    price = {"price_currency": "eur", "tax_behavior": "TAX_BEHAVIOR_EXCLUSIVE", "seat_based": per_seat}
    return merchant.post("products", name=name, prices=[price], recurring_interval="RECURRING_INTERVAL_MONTH")


def populate(merchant: Merchant, stack: Stack, suite: Suite) -> World:
    """Sell a license and a subscription with seats, give two of them, and leave a second checkout open."""
    license_benefit = merchant.post("benefits", description="License", license_keys={"activations": {"limit": 5}})
    one_time = product(merchant, 1_000)
    monthly, another = seats(merchant, "Team", 5), seats(merchant, "Company", 7)
    free = product(merchant, 0, recurring_interval="RECURRING_INTERVAL_MONTH")
    merchant.post(f"products/{one_time['id']}/benefits", benefit_ids=[license_benefit["id"]])
    discount = merchant.post(
        "discounts", name="Half", code=f"HALF{uuid4().hex[:6]}", percentage={"basis_points": 5000}, duration="DISCOUNT_DURATION_ONCE"
    )
    external_id = f"ext-{uuid4().hex[:8]}"
    customer = merchant.post("customers", email=f"{uuid4().hex}@example.com", external_id=external_id)
    sold = confirm(merchant, checkout(merchant, one_time["id"], customer_id=customer["id"]))
    subscribed = confirm(merchant, checkout(merchant, monthly["id"], customer_id=customer["id"], seats=1_000))
    opened = checkout(merchant, one_time["id"])
    wait_until_quiet(suite, 30.0)
    key = merchant.get("license_keys", customer_id=customer["id"])["license_keys"][0]
    activation = merchant.post("license_keys:activate", key=key["key"], label="laptop")
    token = merchant.post("access_tokens", comment="another", scopes=["orders:read"])
    transactions = merchant.get("ledger/transactions", source_id=sold["order_id"], kind="TRANSACTION_KIND_PAYMENT")["transactions"]
    payment = merchant.get("payments", order_id=sold["order_id"])["payments"][0]
    method = merchant.get("payment_methods", customer_id=customer["id"])["payment_methods"][0]
    grant = merchant.get("benefit_grants", customer_id=customer["id"])["benefit_grants"][0]
    payable = next(entry for entry in transactions[0]["entries"] if entry["account_code"].startswith("merchant_payable"))
    change = {"change": {"seats": 999}, "proration_behavior": "PRORATION_BEHAVIOR_PRORATE"}
    merchant.post(f"subscriptions/{subscribed['subscription_id']}:change", **change)
    entry = merchant.get(f"subscriptions/{subscribed['subscription_id']}/billing_entries")["billing_entries"][0]
    merchant.post(f"customers/{customer['id']}/balances:adjust", currency="eur", amount="100", reason="a gift")
    seat, invited = (
        merchant.post("customer_seats", subscription_id=subscribed["subscription_id"], email=f"{uuid4().hex}@example.com") for _ in range(2)
    )
    return {
        "organization_id": str(merchant.organization_id),
        "product_id": one_time["id"],
        "other_product_id": another["id"],
        "free_product_id": free["id"],
        "price_id": one_time["prices"][0]["id"],
        "product_price_id": one_time["prices"][0]["id"],
        "discount_id": discount["id"],
        "discount_code": discount["code"],
        "customer_id": customer["id"],
        "external_customer_id": external_id,
        "external_id": external_id,
        "checkout_id": opened["id"],
        "client_secret": opened["client_secret"],
        "order_id": sold["order_id"],
        "subscription_id": subscribed["subscription_id"],
        "customer_seat_id": seat["id"],
        "invitation_token": invited["invitation_token"],
        "billing_entry_id": entry["id"],
        "event_id": str(uuid4()),
        "clock_advance_id": sandbox(stack).post("clock:advance", by="60s")["id"],
        "payment_id": payment["id"],
        "payment_method_id": method["id"],
        "benefit_id": license_benefit["id"],
        "benefit_grant_id": grant["id"],
        "license_key_id": key["id"],
        "key": key["key"],
        "activation_id": activation["id"],
        "access_token_id": token["id"],
        "account_id": payable["account_id"],
        "transaction_id": transactions[0]["id"],
    }
