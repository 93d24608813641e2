"""Which verb is legal in which status, and how outcomes of payments settle checkouts and orders."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.checkout.domain import checkout as checkouts
from services.checkout.domain.checkout import CHECKOUT, Checkout, CheckoutStatus
from services.checkout.domain.discount import applied
from services.checkout.domain.errors import TooManyAttempts
from services.checkout.domain.order import ORDER, Order, OrderStatus
from services.checkout.domain.order_steps import OrderPaid
from services.checkout.domain.payment import (
    ActionNeeded,
    AttemptKind,
    AttemptOutcome,
    Declined,
    Outcome,
    PaymentAction,
    PaymentFailure,
    Succeeded,
    Undecided,
)
from services.checkout.domain.settlement import Purchase, pays, settle
from services.checkout.tests.builders import NOW, buyer, checkout, discount, offer, order, placement, quote

PAYMENT = uuid4()
DECLINED = Declined(PaymentFailure("card_declined", "No."), retryable=True)


@pytest.mark.parametrize(
    ("verb", "legal"),
    [
        ("change", {"open"}),
        ("confirm", {"open"}),
        ("await_buyer", {"confirmed"}),
        ("reopen", {"confirmed"}),
        ("succeed", {"open", "confirmed", "expired", "failed"}),
        ("expire", {"open"}),
    ],
)
def test_the_lifecycle_of_a_checkout(verb: str, legal: set[str]) -> None:
    assert {status for status in CheckoutStatus if CHECKOUT.allows(verb, status)} == legal


@pytest.mark.parametrize(
    ("verb", "legal"),
    [("requote", {"pending"}), ("fail", {"pending"}), ("pay", {"pending", "void"}), ("void", {"pending"})],
)
def test_the_lifecycle_of_an_order(verb: str, legal: set[str]) -> None:
    assert {status for status in OrderStatus if ORDER.allows(verb, status)} == legal


def purchase() -> Purchase:
    open_checkout = checkout(offer=offer(quote=quote(1190)))
    confirmed, _ = checkouts.confirm(
        open_checkout,
        cart=open_checkout.cart,
        buyer=buyer(customer_id=uuid4()),
        offer=open_checkout.offer,
        order_id=uuid4(),
        subscription_id=uuid4(),
        payment_id=PAYMENT,
        attempt_kind=AttemptKind.CHARGE,
        now=NOW,
    )
    return Purchase(confirmed, order_of(confirmed))


def order_of(confirmed: Checkout) -> Order:
    assert confirmed.order_id is not None
    assert confirmed.buyer.customer_id is not None
    placed = placement(customer_id=confirmed.buyer.customer_id, checkout_id=confirmed.id)
    return order(confirmed.offer.quote, id=confirmed.order_id, organization_id=confirmed.organization_id, placement=placed)


def told(given_purchase: Purchase, outcome: Outcome, attempt: int = 1) -> AttemptOutcome:
    return AttemptOutcome(given_purchase.checkout.id, attempt, outcome)


def test_a_success_pays_the_order_and_ends_the_checkout() -> None:
    before = purchase()
    settled = settle(before, told(before, Succeeded(PAYMENT, "stripe", None)), ["ACME-0001", "RCPT-0001"], NOW)
    order = settled.purchase.order
    assert (settled.purchase.checkout.status, order.status) == (CheckoutStatus.SUCCEEDED, OrderStatus.PAID)
    assert (order.invoice_number, order.receipt_number, order.paid_at) == ("ACME-0001", "RCPT-0001", NOW)
    assert isinstance(settled.facts[-1], OrderPaid)


def test_a_decline_opens_the_checkout_and_leaves_the_order_pending() -> None:
    settled = settle(before := purchase(), told(before, DECLINED), (), NOW)
    assert settled.purchase.checkout.status is CheckoutStatus.OPEN
    assert settled.purchase.checkout.payment_failure == DECLINED.failure
    assert settled.purchase.order.status is OrderStatus.PENDING
    assert settled.releases_redemption


def test_an_outcome_of_an_older_attempt_changes_nothing() -> None:
    before = purchase()
    later = Purchase(replace(before.checkout, attempt=2), before.order)
    assert settle(later, told(later, DECLINED, attempt=1), (), NOW).purchase is later


def test_a_card_that_could_not_be_saved_is_no_failure_of_the_order() -> None:
    before = purchase()
    saving = Purchase(replace(before.checkout, attempt_kind=AttemptKind.SETUP), before.order)
    settled = settle(saving, told(saving, DECLINED), (), NOW)
    assert settled.purchase.order == before.order
    assert settled.purchase.checkout.status is CheckoutStatus.OPEN


@pytest.mark.parametrize("status", [CheckoutStatus.OPEN, CheckoutStatus.EXPIRED, CheckoutStatus.FAILED])
def test_money_is_never_lost_wherever_the_checkout_stands(status: CheckoutStatus) -> None:
    before = purchase()
    late = Purchase(replace(before.checkout, status=status), replace(before.order, status=OrderStatus.VOID))
    settled = settle(late, told(late, Succeeded(PAYMENT, "stripe", None)), ["ACME-0001", "RCPT-0001"], NOW)
    assert settled.purchase.order.status is OrderStatus.PAID
    assert settled.redeems_again


def test_late_money_buys_what_it_was_asked_for_and_not_what_the_cart_holds_by_now() -> None:
    before = purchase()
    opened = settle(before, told(before, DECLINED), (), NOW).purchase
    dearer = Purchase(replace(opened.checkout, offer=offer(quote=quote(9900))), opened.order)
    settled = settle(dearer, told(dearer, Succeeded(PAYMENT, "stripe", None, 1190)), (), NOW)
    assert (settled.purchase, settled.facts) == (dearer, ())
    assert settled.surplus is not None, "somebody gives it back"
    other_code = replace(opened.checkout, offer=replace(opened.checkout.offer, discount=applied(discount())))
    assert not pays(Purchase(other_code, opened.order), told(opened, Succeeded(PAYMENT, "stripe", None, 1190)))
    assert pays(opened, told(opened, Succeeded(PAYMENT, "stripe", None, 1190)))


def test_money_of_an_older_attempt_does_not_pay_what_costs_something_else() -> None:
    before = purchase()
    later = Purchase(replace(before.checkout, attempt=2), before.order)
    assert pays(later, told(later, Succeeded(PAYMENT, "stripe", None, 1190)))
    assert not pays(later, told(later, Succeeded(PAYMENT, "stripe", None, 590)))
    assert not pays(later, told(later, Succeeded(None, None, uuid4()))), "a saved card is no money"


outcomes = st.one_of(
    st.just(Succeeded(PAYMENT, "stripe", None)),
    st.just(DECLINED),
    st.just(ActionNeeded(PaymentAction("secret"))),
    st.just(Undecided()),
)


@given(st.lists(st.tuples(outcomes, st.integers(1, 2)), max_size=8))
def test_in_any_order_and_number_a_success_pays_exactly_once(told_outcomes: list[tuple[Outcome, int]]) -> None:
    current, paid, versions = purchase(), 0, []
    for outcome, attempt in told_outcomes:
        each = told(current, outcome, attempt)
        numbers = ["ACME-0001", "RCPT-0001"] if pays(current, each) else []
        settled = settle(current, each, numbers, NOW)
        paid += sum(isinstance(fact, OrderPaid) for fact in settled.facts)
        assert settled.surplus is None, "the same payment is no second one"
        current = settled.purchase
        versions.append(current.order.version)
    succeeded = any(isinstance(outcome, Succeeded) for outcome, _ in told_outcomes)
    assert paid == int(succeeded)
    assert (current.order.status is OrderStatus.PAID) == succeeded
    assert versions == sorted(versions)


def test_another_payment_of_a_paid_order_is_surplus() -> None:
    before = purchase()
    paid = settle(before, told(before, Succeeded(PAYMENT, "stripe", None)), ["ACME-0001", "RCPT-0001"], NOW).purchase
    assert settle(paid, told(paid, Succeeded(uuid4(), "stripe", None)), (), NOW).surplus is not None


def test_ids_of_an_earlier_attempt_stay() -> None:
    before = purchase()
    reopened, _ = checkouts.reopen(before.checkout, DECLINED.failure, now=NOW)
    again, _ = checkouts.confirm(
        reopened,
        cart=reopened.cart,
        buyer=reopened.buyer,
        offer=reopened.offer,
        order_id=uuid4(),
        subscription_id=uuid4(),
        payment_id=UUID(int=7),
        attempt_kind=AttemptKind.CHARGE,
        now=NOW,
    )
    assert again.order_id == before.checkout.order_id
    assert (again.attempt, again.payment_id) == (2, UUID(int=7))


def test_a_checkout_is_tried_so_often_and_no_more() -> None:
    opened, _ = checkouts.reopen(purchase().checkout, DECLINED.failure, now=NOW)
    ids: dict[str, Any] = {"order_id": uuid4(), "subscription_id": uuid4(), "payment_id": uuid4()}
    terms: dict[str, Any] = {
        "cart": opened.cart,
        "buyer": opened.buyer,
        "offer": opened.offer,
        "attempt_kind": AttemptKind.CHARGE,
        "now": NOW,
    }
    assert checkouts.confirm(replace(opened, attempt=19), **ids, **terms)[0].attempt == 20
    with pytest.raises(TooManyAttempts):
        checkouts.confirm(replace(opened, attempt=20), **ids, **terms)


def test_the_balance_is_given_back_by_a_decline_and_taken_again_by_late_money() -> None:
    before = purchase()
    bought = Purchase(before.checkout, replace(before.order, applied_balance_amount=-190))
    declined = settle(bought, told(bought, DECLINED), (), NOW)
    assert [change.amount for change in declined.changes] == [190]
    late = settle(declined.purchase, told(bought, Succeeded(PAYMENT, "stripe", None, 1000)), ["ACME-0001", "RCPT-0001"], NOW)
    assert [change.amount for change in late.changes] == [-190]
    assert late.purchase.order.holds_balance


def test_a_debt_too_small_to_charge_leaves_nothing_due() -> None:
    order = replace(purchase().order, quote=quote(30), applied_balance_amount=-30)
    assert (order.quote.total_amount, order.due_amount) == (30, 0)
