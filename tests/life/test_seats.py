"""Seats: who is invited, who takes one, what they may use, and what the payer pays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.local.stack import Stack
from tests.e2e.calls import Answer, read_response
from tests.life.shop import UNTAXED, Json, Shop, open_shop, seats

START = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def shop(stack: Stack) -> Shop:
    """Its plan brings a benefit to whoever holds a seat."""
    shop = open_shop(stack, START, **UNTAXED)
    shop.products["support"] = shop.merchant.post("benefits", description="Support", feature_flag={})["id"]
    for name, interval in (("team", "month"), ("workshop", "")):
        product = shop.stocks(name, seats((None, 1000)), interval=interval)
        shop.merchant.post(f"products/{product}/benefits", benefit_ids=[shop.products["support"]])
    return shop


def may_use(shop: Shop, customer_id: str) -> bool:
    query = {"customer_id": customer_id, "benefit_id": shop.products["support"]}
    return bool(shop.merchant.get("entitlements:check", **query)["entitled"])


def invitation(shop: Shop, token: str) -> Answer:
    return read_response(shop.merchant.buyer().rest("GET", f"seat_invitations/{token}"))


def claim(shop: Shop, token: str) -> Answer:
    return read_response(shop.merchant.buyer().rest("POST", f"seat_invitations/{token}:claim", json={}))


def listed(shop: Shop, **container: str) -> tuple[list[str], int, int]:
    """Statuses of all seats, how many there are, and how many are free."""
    found = shop.merchant.get("customer_seats", **container)
    statuses = sorted(str(seat["status"]).removeprefix("SEAT_STATUS_") for seat in found["seats"])
    return statuses, found["total_seats"], found["available_seats"]


def test_a_seat_is_offered_taken_taken_back_and_used_again(shop: Shop) -> None:
    shop.subscribe("payer", "team", seats=2)
    shop.settles()
    container = {"subscription_id": shop.subscriptions["payer"]}
    assert listed(shop, **container) == (["CLAIMED"], 2, 1), "the buyer's own seat"
    assert may_use(shop, shop.customers["payer"])

    offered = shop.merchant.post("customer_seats", **container, email="grace@example.com")
    assert (offered["status"], listed(shop, **container)) == ("SEAT_STATUS_PENDING", (["CLAIMED", "PENDING"], 2, 0))
    assert invitation(shop, offered["invitation_token"]).content["product_name"] == "Team"
    again = shop.merchant.post(f"customer_seats/{offered['id']}:resend")
    assert invitation(shop, offered["invitation_token"]).reason == "INVITATION_NOT_FOUND"
    for _ in range(2):
        assert claim(shop, again["invitation_token"]).content["status"] == "SEAT_STATUS_CLAIMED"
    shop.settles()
    holder = shop.merchant.get(f"customer_seats/{offered['id']}")["customer_id"]
    assert may_use(shop, holder)

    shop.merchant.post(f"customer_seats/{offered['id']}:revoke")
    shop.settles()
    assert (may_use(shop, holder), listed(shop, **container)) == (False, (["CLAIMED", "REVOKED"], 2, 1))
    reused = shop.merchant.post("customer_seats", **container, email="edith@example.com", immediate_claim=True)
    shop.settles()
    assert (reused["id"], may_use(shop, reused["customer_id"])) == (offered["id"], True)

    shop.passes(datetime(2026, 4, 16, tzinfo=UTC))
    shop.changes("payer", "PRORATE", seats=4)
    assert listed(shop, **container)[1:] == (4, 2)
    shop.renews_as_foretold(datetime(2026, 5, 1, tzinfo=UTC), "payer")
    assert shop.lines("payer") == [1000, 4000]
    shop.verb("payer", "revoke")
    shop.settles()
    assert not may_use(shop, reused["customer_id"])


def test_an_invitation_is_good_for_a_day(shop: Shop) -> None:
    shop.subscribe("payer", "team", seats=3)
    shop.settles()
    container = {"subscription_id": shop.subscriptions["payer"]}
    old, late = (shop.merchant.post("customer_seats", **container, email=f"{name}@example.com") for name in ("old", "late"))
    shop.passes(timedelta(hours=23))
    assert claim(shop, late["invitation_token"]).ok
    shop.passes(timedelta(hours=1))
    assert claim(shop, old["invitation_token"]).reason == "INVITATION_NOT_FOUND"
    fresh = shop.merchant.post(f"customer_seats/{old['id']}:resend")
    assert claim(shop, fresh["invitation_token"]).ok


def test_an_order_with_seats_gives_them_away_for_good(shop: Shop) -> None:
    order = bought_once(shop, "workshop", seats=3)
    container = {"order_id": order["id"]}
    assert (order["due_amount"], order["seats"], listed(shop, **container)) == ("3000", 3, (["CLAIMED"], 3, 2))
    taken = shop.merchant.post("customer_seats", **container, email="grace@example.com", immediate_claim=True)
    shop.passes(timedelta(days=400))
    assert may_use(shop, taken["customer_id"])
    shop.merchant.post(f"customer_seats/{taken['id']}:revoke")
    shop.settles()
    assert not may_use(shop, taken["customer_id"])


def bought_once(shop: Shop, product: str, **terms: Any) -> Json:
    """The order of a purchase that does not recur."""
    opened = shop.merchant.post("checkouts", product_ids=[shop.products[product]], customer_email="once@example.com", **terms)
    path = f"client/checkouts/{opened['client_secret']}:confirm"
    address = {"customer_billing_address": {"country": "FR"}}
    bought = shop.merchant.buyer().post(path, confirmation_token_id="pm_card_visa", change=address)
    shop.settles()
    return shop.merchant.get(f"orders/{bought['order_id']}")


def test_after_all_this_every_invariant_holds(audited: list[str]) -> None:
    assert audited == []
