"""Everything that must not be possible: each answers the reason that the contract names, and not one row of the organization changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import uuid4

import httpx
import pytest

from deploy.local.stack import Stack
from tests.e2e.calls import read_response
from tests.e2e.merchants import Merchant
from tests.e2e.records import Records
from tests.life.shop import FRANCE, UNTAXED, Json, fixed, open_shop
from tests.life.yard import NOBODYS, NOW, START, Yard, opened_yard, team_of


@pytest.fixture(scope="module")
def yard(stack: Stack) -> Yard:
    return opened_yard(stack)


Move = Callable[[Yard], httpx.Response]
MOVES: dict[str, tuple[Move, str]] = {
    "change one that ended": (lambda yard: yard.to("ended", "large"), "SUBSCRIPTION_ENDED"),
    "change one that is going to end": (lambda yard: yard.to("canceled", "large"), "SUBSCRIPTION_CANCELED"),
    "change one that is paused": (lambda yard: yard.to("paused", "large"), "SUBSCRIPTION_PAUSED"),
    "change one that is unpaid": (lambda yard: yard.to("unpaid", "large"), "SUBSCRIPTION_UNPAID"),
    "change nobody's": (lambda yard: yard.ask(f"subscriptions/{NOBODYS}:change", change={"seats": 2}), "SUBSCRIPTION_NOT_FOUND"),
    "an archived product": (lambda yard: yard.to("active", "archived"), "PRODUCT_ARCHIVED"),
    "somebody else's product": (lambda yard: yard.change("active", product={"product_id": yard.foreign_product}), "PRODUCT_NOT_FOUND"),
    "a product sold once": (lambda yard: yard.to("active", "once"), "PRODUCT_NOT_RECURRING"),
    "a product without a price in dollars": (lambda yard: yard.to("dollars", "large"), "CURRENCY_NOT_OFFERED"),
    "a price that the buyer chooses": (lambda yard: yard.to("active", "custom"), "CUSTOM_PRICE_NOT_ALLOWED"),
    "seats to a plan without": (lambda yard: yard.to("team", "large"), "NOT_SEAT_BASED"),
    "units to a plan without": (lambda yard: yard.to("storage", "large"), "NOT_UNIT_BASED"),
    "a plan of seats without a number": (lambda yard: yard.to("active", "team"), "SEATS_NEEDED"),
    "a plan of units without a number": (lambda yard: yard.to("active", "storage"), "UNITS_NEEDED"),
    "seats of a plan without": (lambda yard: yard.change("active", seats=2), "NOT_SEAT_BASED"),
    "units of a plan without": (lambda yard: yard.change("active", units=2), "NOT_UNIT_BASED"),
    "fewer seats than are given": (lambda yard: yard.change("team", seats=2), "SEATS_BELOW_ASSIGNED"),
    "fewer seats from the next period on": (lambda yard: yard.change("team", "NEXT_PERIOD", seats=2), "SEATS_BELOW_ASSIGNED"),
    "more seats than are sold": (lambda yard: yard.change("team", seats=11), "QUANTITY_NOT_ALLOWED"),
    "fewer units than are sold": (lambda yard: yard.change("storage", units=1), "QUANTITY_NOT_ALLOWED"),
    "more units than are sold": (lambda yard: yard.change("storage", units=21), "QUANTITY_NOT_ALLOWED"),
    "no seat at all": (lambda yard: yard.change("team", seats=0), "FIELD_INVALID"),
    "two changes at once": (lambda yard: yard.change("team", seats=4, units=2), "MALFORMED_REQUEST"),
    "a period that ended in the past": (
        lambda yard: yard.change("active", current_period_end="2026-05-04T00:00:00Z"),
        "PERIOD_END_IN_PAST",
    ),
    "a trial that ended in the past": (lambda yard: yard.change("trial", trial_end={"at": "2026-05-04T00:00:00Z"}), "TRIAL_END_IN_PAST"),
    "the end of no trial": (lambda yard: yard.change("active", trial_end={"now": True}), "SUBSCRIPTION_NOT_TRIALING"),
    "nobody's discount": (lambda yard: yard.change("active", discount={"discount_id": NOBODYS}), "DISCOUNT_NOT_FOUND"),
    "a discount in dollars": (
        lambda yard: yard.change("active", discount={"discount_id": yard.discounts["dollars"]}),
        "DISCOUNT_NOT_APPLICABLE",
    ),
    "to prorate a discount": (lambda yard: yard.change("active", "PRORATE", discount={}), "PRORATION_NOT_APPLICABLE"),
    "to invoice the end of a period": (
        lambda yard: yard.change("active", "INVOICE", current_period_end="2026-05-20T00:00:00Z"),
        "PRORATION_NOT_APPLICABLE",
    ),
    "to reset a trial's end": (lambda yard: yard.change("trial", "RESET", trial_end={"now": True}), "PRORATION_NOT_APPLICABLE"),
    "to cancel what ended": (lambda yard: yard.verb("ended", "cancel"), "SUBSCRIPTION_ENDED"),
    "to uncancel what ended": (lambda yard: yard.verb("ended", "uncancel"), "SUBSCRIPTION_ENDED"),
    "to uncancel what goes on": (lambda yard: yard.verb("active", "uncancel"), "SUBSCRIPTION_NOT_CANCELED"),
    "to pause what ended": (lambda yard: yard.verb("ended", "pause"), "SUBSCRIPTION_ENDED"),
    "to pause what is going to end": (lambda yard: yard.verb("canceled", "pause"), "SUBSCRIPTION_CANCELED"),
    "to pause a trial": (lambda yard: yard.verb("trial", "pause"), "SUBSCRIPTION_NOT_ACTIVE"),
    "to pause a pause": (lambda yard: yard.verb("paused", "pause"), "SUBSCRIPTION_NOT_ACTIVE"),
    "to pause what is unpaid": (lambda yard: yard.verb("unpaid", "pause"), "SUBSCRIPTION_NOT_ACTIVE"),
    "to resume before the pause": (lambda yard: yard.verb("active", "pause", resumes_at="2026-06-01T00:00:00Z"), "RESUMES_AT_TOO_EARLY"),
    "to unschedule no pause": (lambda yard: yard.verb("active", "unschedule_pause"), "PAUSE_NOT_SCHEDULED"),
    "to unschedule a pause that has begun": (lambda yard: yard.verb("paused", "unschedule_pause"), "PAUSE_NOT_SCHEDULED"),
    "to resume what goes on": (lambda yard: yard.verb("active", "resume"), "SUBSCRIPTION_NOT_PAUSED"),
    "to resume a pause that has not begun": (lambda yard: yard.verb("pausing", "resume"), "SUBSCRIPTION_NOT_PAUSED"),
    "to clear no update": (lambda yard: yard.verb("active", "clear_pending_update"), "NO_PENDING_UPDATE"),
    "the clock backwards": (lambda yard: yard.ask("clock:advance", to="2026-05-04T00:00:00Z"), "CLOCK_BACKWARDS"),
    "the clock too far": (lambda yard: yard.ask("clock:advance", to="2080-01-01T00:00:00Z"), "CLOCK_TOO_FAR"),
    "to retry a paid order": (lambda yard: yard.order("active", "retry_payment"), "ORDER_NOT_PENDING"),
    "a sixth retry": (lambda yard: yard.order("unpaid", "retry_payment"), "TOO_MANY_RETRIES"),
    "to void a paid order": (lambda yard: yard.order("active", "void"), "ORDER_NOT_PENDING"),
    "to void nobody's order": (lambda yard: yard.ask(f"orders/{NOBODYS}:void"), "ORDER_NOT_FOUND"),
    "a balance below zero": (lambda yard: yard.adjust(amount="-1"), "BALANCE_NOT_ENOUGH"),
    "a balance in no currency": (lambda yard: yard.adjust(amount="1", currency="zzz"), "CURRENCY_UNKNOWN"),
    "an adjustment of nothing": (lambda yard: yard.adjust(amount="0"), "FIELD_INVALID"),
    "an old invitation": (lambda yard: yard.claim(yard.tokens["old"]), "INVITATION_NOT_FOUND"),
    "a wrong invitation": (lambda yard: yard.claim("x" * 43), "INVITATION_NOT_FOUND"),
    "more seats than there are": (lambda yard: yard.seat("team"), "NO_SEAT_AVAILABLE"),
    "a seat of a plan without": (lambda yard: yard.seat("active"), "NOT_SEAT_BASED"),
    "a seat of what ended": (lambda yard: yard.seat("ended"), "SUBSCRIPTION_ENDED"),
    "a seat for nobody": (lambda yard: yard.ask("customer_seats", **team_of(yard.shop), customer_id=NOBODYS), "CUSTOMER_NOT_FOUND"),
    "to invite a holder": (lambda yard: yard.ask(f"customer_seats/{yard.seat_id}:resend"), "SEAT_NOT_PENDING"),
    "a second subscription": (lambda yard: yard.confirm("second"), "ALREADY_SUBSCRIBED"),
    "a second subscription for nothing": (
        lambda yard: yard.ask("subscriptions", product_id=yard.shop.products["free"], customer_id=yard.shop.customers["active"]),
        "ALREADY_SUBSCRIBED",
    ),
    "to give away what costs": (
        lambda yard: yard.ask("subscriptions", product_id=yard.shop.products["small"], customer_id=yard.shop.customers["ended"]),
        "PRODUCT_NOT_FREE",
    ),
    "to upgrade what is not free": (
        lambda yard: yard.ask(
            "checkouts",
            product_ids=[yard.shop.products["large"]],
            customer_id=yard.shop.customers["active"],
            upgraded_subscription_id=yard.shop.subscriptions["active"],
        ),
        "SUBSCRIPTION_NOT_FREE",
    ),
    "a second trial by an alias": (lambda yard: yard.confirm("alias"), "TRIAL_ALREADY_USED"),
}


@pytest.fixture(scope="module")
def rows(stack: Stack) -> Iterator[Records]:
    with Records(stack.description()) as opened:
        yield opened


def everything(rows: Records, organization: Merchant) -> dict[str, str]:
    """A digest of each table, but for the answers that are kept to be given again."""
    digests = rows.digests(organization.organization_id)
    return {table: digest for table, digest in digests.items() if not table.endswith(".idempotency_request")}


@pytest.mark.parametrize("name", MOVES)
def test_a_wrong_move_is_refused_by_name_and_changes_nothing(name: str, yard: Yard, rows: Records) -> None:
    move, reason = MOVES[name]
    before = everything(rows, yard.shop.merchant)
    answer = read_response(move(yard))
    assert answer.reason == reason, str(answer)
    assert answer.code not in ("INTERNAL", "UNAVAILABLE", "UNKNOWN", "DEADLINE_EXCEEDED")
    assert everything(rows, yard.shop.merchant) == before


def test_a_preview_is_refused_as_the_change_is(yard: Yard, rows: Records) -> None:
    before = everything(rows, yard.shop.merchant)
    change = {"change": {"product": yard.shop.product("archived")}}
    for name, reason in (("active", "PRODUCT_ARCHIVED"), ("paused", "SUBSCRIPTION_PAUSED"), ("ended", "SUBSCRIPTION_ENDED")):
        path = f"subscriptions/{yard.shop.subscriptions[name]}:preview_change"
        assert read_response(yard.shop.merchant.rest("POST", path, json=change)).reason == reason
    assert everything(rows, yard.shop.merchant) == before


def test_the_clock_of_a_live_organization_does_not_move(yard: Yard, rows: Records) -> None:
    before = everything(rows, yard.live)
    body = {"request_id": str(uuid4()), "to": "2099-01-01T00:00:00Z"}
    assert read_response(yard.live.rest("POST", "clock:advance", json=body)).reason == "ORGANIZATION_NOT_SANDBOX"
    assert everything(rows, yard.live) == before


def test_a_request_id_stands_for_one_request(yard: Yard, rows: Records) -> None:
    shop = yard.shop
    gift = {"currency": "eur", "amount": "1", "reason": "a gift"}
    moves: list[tuple[str, Json, Json]] = [
        (f"subscriptions/{shop.subscriptions['storage']}:change", {"change": {"units": 5}}, {"change": {"units": 6}}),
        (f"customers/{shop.customers['storage']}/balances:adjust", gift, {**gift, "amount": "2"}),
        ("clock:advance", {"to": NOW.isoformat()}, {"to": "2026-05-06T00:00:00Z"}),
        ("customer_seats", {**team_of(shop), "email": "here@example.com"}, {**team_of(shop), "email": "there@example.com"}),
    ]
    for path, content, _ in moves:
        assert yard.ask(path, **content, request_id="same").status_code == 200, path
    shop.settles()
    before = everything(rows, shop.merchant)
    for path, content, other in moves:
        assert yard.ask(path, **content, request_id="same").status_code == 200, path
        assert read_response(yard.ask(path, **other, request_id="same")).reason == "REQUEST_ID_REUSED", path
    assert everything(rows, shop.merchant) == before


def test_a_second_trial_by_the_same_card_does_not_start(yard: Yard) -> None:
    shop = yard.shop
    fields = {"product_ids": [shop.products["trial"]], "customer_email": "other@example.com", "customer_billing_address": FRANCE}
    made = shop.merchant.post("checkouts", **fields)
    yard.checkouts["card"] = made["client_secret"]
    assert yard.confirm("card").status_code == 200
    shop.settles()
    opened = shop.merchant.get(f"checkouts/{made['id']}")
    assert (opened["status"], opened["payment_failure"]["code"]) == ("CHECKOUT_STATUS_OPEN", "trial_already_used")
    assert shop.merchant.get("subscriptions", product_id=shop.products["trial"], include_total="true")["total_count"] == "1"


def test_one_advance_at_a_time(stack: Stack) -> None:
    shop = open_shop(stack, START, **UNTAXED)
    shop.stocks("daily", fixed(1000), interval="day")
    shop.subscribe("ada", "daily")
    advance = {"request_id": "first", "to": "2026-04-08T00:00:00Z"}
    shop.merchant.rest("POST", "clock:advance", json=advance, headers={"grpc-timeout": "100m"})
    second = shop.merchant.rest("POST", "clock:advance", json={"request_id": "second", "to": "2026-05-08T00:00:00Z"})
    assert read_response(second).reason == "CLOCK_ADVANCING"
    while shop.merchant.post("clock:advance", **advance)["status"] != "CLOCK_ADVANCE_STATUS_FINISHED":
        pass
    assert len(shop.bills("ada")) == 8


def test_after_all_this_every_invariant_holds(audited: list[str]) -> None:
    assert audited == []
