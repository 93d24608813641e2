"""Many at once: whoever is first wins, everybody learns the same, and nothing happens twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import uuid4

import grpc
import pytest
from bursar.checkout.v1 import checkout_pb2
from bursar.checkout.v1 import checkout_service_pb2 as contract
from bursar.checkout.v1.checkout_service_pb2_grpc import CheckoutClientServiceStub, CheckoutServiceStub

from deploy.audit.invariants import audit
from deploy.audit.quiet import wait_until_quiet
from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.e2e.merchants import Merchant, found_merchant
from tests.e2e.simulator import Simulator
from tests.e2e.world import checkout, product

CHANNELS = 4
"""The edge lets a connection have a hundred calls at a time."""

T = TypeVar("T")


@pytest.fixture(scope="module")
def shop(stack: Stack) -> Merchant:
    return found_merchant(stack, "shop")


@pytest.fixture(autouse=True)
def _sound(suite: Suite) -> Any:
    """After the rush every invariant of the suite holds."""
    yield
    wait_until_quiet(suite, 60.0)
    assert [f"{verdict.invariant}: {verdict.problems}" for verdict in audit(suite) if verdict.problems] == []


def answers(calls: Sequence[grpc.Future[T]]) -> tuple[list[T], Counter[str]]:
    """What was answered, and the codes of what was refused."""
    told, refused = [], Counter[str]()
    for call in calls:
        try:
            told.append(call.result())
        except grpc.RpcError as error:
            refused[f"{error.code().name} {error.details()}"] += 1
    return told, refused


def confirmations(shop: Merchant, opened: Sequence[dict[str, Any]], request_ids: Sequence[str]) -> list[grpc.Future[checkout_pb2.Checkout]]:
    """All at once, spread over a few connections."""
    stubs = [CheckoutClientServiceStub(shop.channel(number)) for number in range(CHANNELS)]
    return [
        stubs[number % CHANNELS].ConfirmClientCheckout.future(
            contract.ConfirmClientCheckoutRequest(
                request_id=request_id, client_secret=cart["client_secret"], confirmation_token_id="pm_card_visa"
            ),
            timeout=20.0,
        )
        for number, (cart, request_id) in enumerate(zip(opened, request_ids, strict=True))
    ]


@pytest.mark.parametrize("same", [True, False], ids=["with one request id", "each with its own"])
def test_two_hundred_confirms_of_one_checkout_charge_once(same: bool, shop: Merchant, simulator: Simulator, suite: Suite) -> None:
    cart = checkout(shop, product(shop, 1_000)["id"])
    request_ids = ["again"] * 200 if same else [str(uuid4()) for _ in range(200)]
    told, refused = answers(confirmations(shop, [cart] * 200, request_ids))
    assert not refused
    assert {answer.status for answer in told} <= {checkout_pb2.CHECKOUT_STATUS_CONFIRMED, checkout_pb2.CHECKOUT_STATUS_SUCCEEDED}
    assert len({(answer.order_id, answer.total_amount, answer.customer_id) for answer in told}) == 1
    wait_until_quiet(suite, 30.0)
    orders = shop.get("orders", checkout_id=cart["id"])["orders"]
    assert [(order["id"], order["status"]) for order in orders] == [(told[0].order_id, "ORDER_STATUS_PAID")]
    assert [charge["amount"] for charge in simulator.charges_of(told[0].order_id)] == [1_200]
    assert len(shop.get("payments", checkout_id=cart["id"])["payments"]) == 1


def test_a_discount_with_ten_left_is_redeemed_ten_times_by_fifty_buyers(shop: Merchant, suite: Suite) -> None:
    item = product(shop, 1_000)["id"]
    code = f"RUSH{uuid4().hex[:6]}"
    discount = shop.post(
        "discounts", name="Rush", code=code, percentage={"basis_points": 5000}, duration="DISCOUNT_DURATION_ONCE", max_redemptions=10
    )
    carts = [checkout(shop, item, discount_code=code) for _ in range(50)]
    told, refused = answers(confirmations(shop, carts, [str(uuid4()) for _ in carts]))
    assert len(told) == 10
    assert {answer.total_amount for answer in told} == {600}
    assert sum(refused.values()) == 40
    assert all(reason.startswith("FAILED_PRECONDITION") for reason in refused), refused
    wait_until_quiet(suite, 30.0)
    assert shop.get(f"discounts/{discount['id']}")["redemptions_count"] == 10
    assert len(shop.get("orders", discount_id=discount["id"], page_size=100)["orders"]) == 10


def test_a_customer_redeems_a_discount_as_often_as_it_allows(shop: Merchant, suite: Suite) -> None:
    item = product(shop, 1_000)["id"]
    customer = shop.post("customers", email=f"{uuid4().hex}@example.com")
    code = f"TWICE{uuid4().hex[:6]}"
    kind = {"percentage": {"basis_points": 1000}, "duration": "DISCOUNT_DURATION_ONCE", "max_redemptions_per_customer": 2}
    discount = shop.post("discounts", name="Twice", code=code, **kind)
    carts = [checkout(shop, item, discount_code=code, customer_id=customer["id"]) for _ in range(12)]
    told, refused = answers(confirmations(shop, carts, [str(uuid4()) for _ in carts]))
    assert (len(told), sum(refused.values())) == (2, 10), refused
    assert all(reason.startswith("FAILED_PRECONDITION") for reason in refused), refused
    wait_until_quiet(suite, 30.0)
    assert shop.get(f"discounts/{discount['id']}")["redemptions_count"] == 2


def test_twenty_times_the_same_request_opens_one_checkout(shop: Merchant) -> None:
    request = contract.CreateCheckoutRequest(request_id=str(uuid4()), product_ids=[product(shop, 1_000)["id"]], currency="eur")
    stubs = [CheckoutServiceStub(shop.channel(number)) for number in range(CHANNELS)]
    calls = [stubs[number % CHANNELS].CreateCheckout.future(request, timeout=20.0, metadata=shop.metadata()) for number in range(20)]
    told, refused = answers(calls)
    assert not refused
    assert len({answer.SerializeToString(deterministic=True) for answer in told}) == 1
    assert len(shop.get("checkouts", product_id=request.product_ids[0])["checkouts"]) == 1


def test_buyers_who_are_the_same_new_customer_become_one(shop: Merchant, suite: Suite) -> None:
    item, email = product(shop, 1_000)["id"], f"{uuid4().hex}@example.com"
    carts = [checkout(shop, item, customer_email=email.upper() if number % 2 else email) for number in range(20)]
    told, refused = answers(confirmations(shop, carts, [str(uuid4()) for _ in carts]))
    assert not refused
    assert len({answer.customer_id for answer in told}) == 1
    assert len({answer.order_id for answer in told}) == 20
    wait_until_quiet(suite, 30.0)
    assert len(shop.get("customers", email=email)["customers"]) == 1


@pytest.mark.parametrize("path", ["products", "checkouts", "customers", "discounts", "benefits", "access_tokens"])
def test_a_request_id_with_other_content_is_refused(path: str, shop: Merchant) -> None:
    request_id = str(uuid4())
    first, second = _contents(path, shop)
    made = shop.post(path, request_id=request_id, **first)
    assert shop.post(path, request_id=request_id, **first) == made
    refused = shop.rest("POST", path, json={"request_id": request_id, **second})
    assert (refused.status_code, refused.json()["details"][0]["reason"]) == (400, "REQUEST_ID_REUSED")


def test_a_confirm_that_is_repeated_with_another_card_is_refused(shop: Merchant, suite: Suite) -> None:
    cart, request_id = checkout(shop, product(shop, 1_000)["id"]), str(uuid4())
    path = f"client/checkouts/{cart['client_secret']}:confirm"
    first = shop.buyer().post(path, request_id=request_id, confirmation_token_id="pm_card_visa")
    again = shop.buyer().rest("POST", path, json={"request_id": request_id, "confirmation_token_id": "pm_card_mastercard"})
    assert again.json()["details"][0]["reason"] == "REQUEST_ID_REUSED"
    repeated = shop.buyer().post(path, request_id=request_id, confirmation_token_id="pm_card_visa")
    assert repeated["order_id"] == first["order_id"]


def _contents(path: str, shop: Merchant) -> tuple[dict[str, Any], dict[str, Any]]:
    price = {"price_currency": "eur", "fixed": {"price_amount": "500"}}
    half = {"percentage": {"basis_points": 5000}, "duration": "DISCOUNT_DURATION_ONCE"}
    item = product(shop, 100)["id"]
    emails = [f"{uuid4().hex}@example.com" for _ in range(2)]
    contents: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "products": ({"name": "Editor", "prices": [price]}, {"name": "Editor 2", "prices": [price]}),
        "checkouts": ({"product_ids": [item]}, {"product_ids": [item], "customer_name": "Ada"}),
        "customers": ({"email": emails[0]}, {"email": emails[1]}),
        "discounts": ({"name": "A", **half}, {"name": "B", **half}),
        "benefits": ({"description": "one", "custom": {}}, {"description": "two", "custom": {}}),
        "access_tokens": ({"scopes": ["orders:read"]}, {"scopes": ["orders:read", "products:read"]}),
    }
    return contents[path]
