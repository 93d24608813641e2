"""Orders of subscriptions: in bulk by facts, at once by call, quoted without being made."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from bursar.checkout.v1 import (
    billing_service_pb2,
    checkout_pb2,
    customer_balance_pb2,
    customer_balance_service_pb2,
    customer_service_pb2,
    discount_pb2,
    discount_service_pb2,
    order_pb2,
    order_service_pb2,
)
from bursar.subscription.v1 import subscription_events_pb2

from services.chassis.errors import BursarError, NotPossibleNow, Unavailable
from services.checkout.domain.payment import ActionNeeded, PaymentAction, Undecided
from services.checkout.tests.fakes import DECLINED, decline, success
from services.checkout.tests.shop import Shop
from services.checkout.tests.subscribers import (
    UPDATE,
    ask,
    billing,
    cycled,
    declined,
    known_organization,
    line,
    order,
    subscriber,
    succeeded,
)
from services.checkout.usecases.resolve_charges import resolve_charges

HALF = discount_pb2.AppliedDiscount(
    discount_id=str(uuid4()), duration=discount_pb2.DISCOUNT_DURATION_FOREVER, percentage=discount_pb2.PercentageDiscount(basis_points=5000)
)
PAID, PENDING, VOID = order_pb2.ORDER_STATUS_PAID, order_pb2.ORDER_STATUS_PENDING, order_pb2.ORDER_STATUS_VOID


@pytest.fixture
def shop(lone_shop: Shop) -> Shop:
    """The lane of charges goes over all organizations."""
    return lone_shop


async def adjust(shop: Shop, customer_id: str, amount: int, currency: str = "eur") -> int:
    request = customer_balance_service_pb2.AdjustCustomerBalanceRequest(
        request_id=str(uuid4()), customer_id=customer_id, currency=currency, amount=amount, reason="goodwill"
    )
    return (await shop.balances.AdjustCustomerBalance(request, shop.call())).balance_amount


async def balance(shop: Shop, customer_id: str) -> int:
    """The balance, which is the sum of its transactions."""
    rows = await shop.sql(f"select amount from customer_balance where customer_id = '{customer_id}'")
    sums = await shop.sql(
        f"select coalesce(sum(amount), 0)::bigint as sum from customer_balance_transaction where customer_id = '{customer_id}'"
    )
    amount: int = rows[0]["amount"] if rows else 0
    assert amount == sums[0]["sum"]
    return amount


async def test_a_cycle_becomes_an_order_that_is_charged_and_paid(shop: Shop) -> None:
    await known_organization(shop)
    due = billing(await subscriber(shop), line(2000, quantity=4), discount=HALF)
    due.metadata.update({"team": "red", "size": 3})
    assert await cycled(shop, due) == []
    assert shop.woken.is_set()
    assert await ask(shop) == 1
    assert await ask(shop) == 0
    assert shop.charges.asked == {(UUID(due.order_id), 1): 1000}
    await succeeded(shop, due.order_id)
    made = await order(shop, due.order_id)
    assert (made.status, made.discount_amount, made.total_amount, made.tax_amount, made.due_amount) == (PAID, 1000, 1000, 160, 1000)
    assert made.invoice_number
    assert made.receipt_number
    assert dict(made.metadata) == {"team": "red", "size": 3}
    (item,) = made.items
    assert (item.billing_entry_id, item.quantity, item.description) == (due.lines[0].billing_entry_id, 4, "Pro: 2000, minus 10.00 EUR")
    assert item.billing_entry_type == order_pb2.BILLING_ENTRY_TYPE_CYCLE
    assert await shop.facts() == ["customer.created", "order.created", "order.paid"]


async def test_a_batch_of_cycles_makes_each_order_once(shop: Shop) -> None:
    await known_organization(shop)
    dues = [billing(await subscriber(shop)) for _ in range(20)]
    again = billing(dues[0].customer_id, subscription_id=dues[0].subscription_id)
    entry_again = billing(dues[1].customer_id, dues[1].lines[0])
    assert await cycled(shop, *dues, dues[3], again, entry_again) == []
    assert await cycled(shop, again, entry_again, *dues) == []
    assert len(await shop.sql("select id from orders")) == 20
    assert await ask(shop) == 20
    assert shop.charges.calls == [20], "one call for all of an organization"


async def test_a_billing_of_nobody_known_comes_too_early(shop: Shop) -> None:
    stranger = billing(str(uuid4()))
    known = billing(await subscriber(shop))
    assert len(await cycled(shop, known)) == 1, "no copy of the organization yet"
    await known_organization(shop)
    assert len(await cycled(shop, stranger, known)) == 1
    assert (await order(shop, known.order_id)).status == PENDING


async def test_what_the_balance_covers_is_paid_at_once(shop: Shop) -> None:
    await known_organization(shop)
    ada = await subscriber(shop)
    await adjust(shop, ada, 1500)
    first, second = billing(ada), billing(ada)
    await cycled(shop, first, second)
    paid, rest = await order(shop, first.order_id), await order(shop, second.order_id)
    assert (paid.status, paid.applied_balance_amount, paid.due_amount) == (PAID, -1000, 0)
    assert (rest.status, rest.applied_balance_amount, rest.due_amount) == (PENDING, -500, 500)
    assert await balance(shop, ada) == 0


async def test_a_credit_goes_to_the_balance_and_a_small_amount_is_owed_on_it(shop: Shop) -> None:
    await known_organization(shop)
    ada, bob = await subscriber(shop), await subscriber(shop)
    credit, small = billing(ada, line(500), line(-1200, proration=True), discount=HALF), billing(bob, line(30))
    await cycled(shop, credit, small)
    made = await order(shop, credit.order_id)
    assert (made.status, made.total_amount, made.applied_balance_amount, made.due_amount) == (PAID, -950, 950, 0)
    assert sum(item.tax_amount for item in made.items) == made.tax_amount == -152
    assert (await balance(shop, ada), await balance(shop, bob)) == (950, -30)
    later = billing(bob)
    await cycled(shop, later)
    assert (await order(shop, later.order_id)).due_amount == 1030
    assert await balance(shop, bob) == 0
    listed = await shop.balances.ListCustomerBalanceTransactions(
        customer_balance_service_pb2.ListCustomerBalanceTransactionsRequest(customer_id=bob), shop.call()
    )
    assert [(each.amount, each.balance_amount) for each in listed.transactions] == [(30, 0), (-30, -30)]


async def test_a_quote_is_the_order_that_would_be_made(shop: Shop) -> None:
    await known_organization(shop)
    ada = await subscriber(shop)
    await adjust(shop, ada, 300)
    due = billing(ada, line(2000), line(-700, proration=True), discount=HALF)
    quoted = await shop.billing.QuoteBilling(billing_service_pb2.QuoteBillingRequest(billing=due), shop.call())
    assert quoted.status == order_pb2.ORDER_STATUS_DRAFT
    assert await shop.sql("select id from orders") == []
    await cycled(shop, due)
    made = await order(shop, due.order_id)
    for field in ("subtotal_amount", "discount_amount", "tax_amount", "total_amount", "applied_balance_amount", "due_amount"):
        assert getattr(made, field) == getattr(quoted, field), field
    assert made.total_amount == 300


async def test_bill_now_answers_with_the_outcome_once(shop: Shop) -> None:
    ada = await subscriber(shop)
    request = billing_service_pb2.BillNowRequest(billing=billing(ada, billing_reason=UPDATE, void_on_failure=True))
    first = await shop.billing.BillNow(request, shop.call())
    second = await shop.billing.BillNow(request, shop.call())
    assert first.status == second.status == PAID
    assert len(shop.charges.asked) == 1
    assert await ask(shop) == 0, "the lane has nothing to do with it"


async def test_a_declined_change_is_void_and_gives_the_balance_back(shop: Shop) -> None:
    ada = await subscriber(shop)
    await adjust(shop, ada, 300)
    shop.charges.answer = DECLINED
    due = billing(ada, billing_reason=UPDATE, void_on_failure=True)
    made = await shop.billing.BillNow(billing_service_pb2.BillNowRequest(billing=due), shop.call())
    assert (made.status, made.payment_failure.code, made.due_amount) == (VOID, "card_declined", 700)
    assert await balance(shop, ada) == 300
    assert (await shop.facts())[-2:] == ["order.payment_failed", "order.voided"]
    await succeeded(shop, due.order_id)
    assert (await order(shop, due.order_id)).status == PAID, "money that comes late pays"
    assert await balance(shop, ada) == 0


async def test_nobody_charges_more_than_a_processor_takes(shop: Shop) -> None:
    request = billing_service_pb2.BillNowRequest(billing=billing(await subscriber(shop), line(100_000_000)))
    with pytest.raises(BursarError, match="largest amount"):
        await shop.billing.BillNow(request, shop.call())
    assert await shop.sql("select id from orders") == []


async def test_charges_that_nobody_answered_are_asked_for_again_under_the_same_key(shop: Shop) -> None:
    await known_organization(shop)
    due = billing(await subscriber(shop))
    await cycled(shop, due)
    shop.charges.refusals = [Unavailable("PEER_FAILED", "away")]
    assert await ask(shop) == 1
    assert await ask(shop) == 0, "not at once"
    shop.clock.advance(timedelta(seconds=3))
    assert await ask(shop) == 1
    assert list(shop.charges.asked) == [(UUID(due.order_id), 1)]


async def test_one_wrong_charge_does_not_hold_up_the_others(shop: Shop) -> None:
    await known_organization(shop)
    dues = [billing(await subscriber(shop)) for _ in range(5)]
    shop.charges.refused_customers = {UUID(dues[2].customer_id)}
    await cycled(shop, *dues)
    await ask(shop)
    assert len(shop.charges.asked) == 4
    refused = await order(shop, dues[2].order_id)
    assert (refused.status, refused.payment_failure.code) == (PENDING, "amount_above_maximum")
    assert refused.past_due_at.seconds
    assert not refused.HasField("next_payment_attempt_at")


async def test_void_and_charge_exclude_each_other(shop: Shop) -> None:
    await known_organization(shop)
    due = billing(await subscriber(shop))
    await cycled(shop, due)
    request = order_service_pb2.VoidOrderRequest(request_id="1", id=due.order_id)
    with pytest.raises(NotPossibleNow, match="being paid"):
        await shop.orders.VoidOrder(request, shop.call())
    await ask(shop)
    await declined(shop, due.order_id)
    assert (await shop.orders.VoidOrder(request, shop.call())).status == VOID
    assert (await shop.orders.VoidOrder(request, shop.call())).status == VOID
    with pytest.raises(NotPossibleNow, match="nobody owes"):
        await shop.orders.RetryOrderPayment(order_service_pb2.RetryOrderPaymentRequest(request_id="2", id=due.order_id), shop.call())
    assert (await shop.facts()).count("order.voided") == 1


@pytest.mark.parametrize("revoked_first", [False, True])
async def test_what_an_ended_subscription_owes_is_charged_once_and_not_dunned(shop: Shop, revoked_first: bool) -> None:
    await known_organization(shop)
    due = billing(await subscriber(shop))
    state = subscription_events_pb2.SubscriptionState(subscription_id=due.subscription_id)
    revoked = subscription_events_pb2.SubscriptionRevoked(subscription=state)
    if revoked_first:
        await shop.react("subscription.revoked", revoked)
    await cycled(shop, due)
    if not revoked_first:
        await shop.react("subscription.revoked", revoked)
    await ask(shop)
    await declined(shop, due.order_id)
    assert (await order(shop, due.order_id)).status == VOID


async def test_an_ended_subscription_owes_nothing_that_is_not_being_paid(shop: Shop) -> None:
    await known_organization(shop)
    due = billing(await subscriber(shop))
    await cycled(shop, due)
    await ask(shop)
    await declined(shop, due.order_id)
    state = subscription_events_pb2.SubscriptionState(subscription_id=due.subscription_id)
    await shop.react("subscription.revoked", *[subscription_events_pb2.SubscriptionRevoked(subscription=state)] * 2)
    assert (await order(shop, due.order_id)).status == VOID


async def test_a_balance_is_adjusted_by_hand_and_never_below_zero(shop: Shop) -> None:
    ada = await subscriber(shop)
    assert await adjust(shop, ada, 500) == 500
    assert await adjust(shop, ada, -200) == 300
    with pytest.raises(NotPossibleNow) as refused:
        await adjust(shop, ada, -301)
    assert refused.value.reason == "BALANCE_NOT_ENOUGH"
    with pytest.raises(BursarError):
        await adjust(shop, ada, 5, currency="xxq")
    found = await shop.customers.GetCustomer(customer_service_pb2.GetCustomerRequest(id=ada), shop.call())
    assert found.version == 3
    assert (await shop.facts()).count("customer.balance_adjusted") == 2
    request = customer_balance_service_pb2.ListCustomerBalancesRequest(customer_id=ada)
    (listed,) = (await shop.balances.ListCustomerBalances(request, shop.call())).balances
    assert (listed.currency, listed.amount) == ("eur", 300)


async def test_the_customer_of_an_address_is_made_once(shop: Shop) -> None:
    request = billing_service_pb2.TakeCustomerRequest(email="Ada@example.com", name="Ada")
    first = await shop.billing.TakeCustomer(request, shop.call())
    request.email = "ada@EXAMPLE.com"
    assert (await shop.billing.TakeCustomer(request, shop.call())).id == first.id
    assert await shop.facts() == ["customer.created"]


async def test_of_a_void_and_a_retry_at_once_one_wins(shop: Shop) -> None:
    await known_organization(shop)
    for number in range(8):
        due = billing(await subscriber(shop))
        await cycled(shop, due)
        await ask(shop)
        await declined(shop, due.order_id)
        void = order_service_pb2.VoidOrderRequest(request_id=f"v{number}", id=due.order_id)
        retry = order_service_pb2.RetryOrderPaymentRequest(request_id=f"r{number}", id=due.order_id, confirmation_token_id="ctoken")
        answers = await asyncio.gather(
            shop.orders.VoidOrder(void, shop.call("void")), shop.orders.RetryOrderPayment(retry, shop.call("retry")), return_exceptions=True
        )
        lost = [answer for answer in answers if isinstance(answer, NotPossibleNow)]
        assert len(lost) == 1
        status = (await order(shop, due.order_id)).status
        assert ((UUID(due.order_id), 2) in shop.charges.asked) == (status == PAID)
        assert status in (PAID, VOID)


async def test_a_discount_is_redeemed_for_a_subscription_within_its_limits(shop: Shop) -> None:
    ada, bob = await subscriber(shop), await subscriber(shop)
    made = await shop.discounts.CreateDiscount(
        discount_service_pb2.CreateDiscountRequest(
            request_id="d",
            name="Spring",
            percentage=discount_pb2.PercentageDiscount(basis_points=2000),
            duration=discount_pb2.DISCOUNT_DURATION_FOREVER,
            max_redemptions=2,
            max_redemptions_per_customer=1,
        ),
        shop.call(),
    )
    given: dict[str, Any] = {"discount_id": made.id, "product_id": str(uuid4()), "currency": "eur"}
    request = billing_service_pb2.RedeemDiscountRequest(request_id="1", subscription_id=str(uuid4()), customer_id=ada, **given)
    dry = billing_service_pb2.RedeemDiscountRequest(validate_only=True)
    dry.MergeFrom(request)
    judged = await shop.billing.RedeemDiscount(dry, shop.call())
    assert await shop.sql("select discount_id from discount_redemption") == []
    redeemed = await shop.billing.RedeemDiscount(request, shop.call())
    assert redeemed == judged, "the same request id, for it was not used up"
    assert redeemed.percentage.basis_points == 2000
    assert await shop.billing.RedeemDiscount(request, shop.call()) == redeemed

    async def refused(customer_id: str) -> None:
        for dry_run in (True, False):
            again = billing_service_pb2.RedeemDiscountRequest(
                request_id="2", subscription_id=str(uuid4()), customer_id=customer_id, validate_only=dry_run, **given
            )
            with pytest.raises(NotPossibleNow) as refusal:
                await shop.billing.RedeemDiscount(again, shop.call())
            assert refusal.value.reason == "DISCOUNT_EXHAUSTED"

    await refused(ada)
    last = billing_service_pb2.RedeemDiscountRequest(request_id="1", subscription_id=str(uuid4()), customer_id=bob, **given)
    await shop.billing.RedeemDiscount(last, shop.call())
    await refused(await subscriber(shop))
    assert len(await shop.sql("select discount_id from discount_redemption")) == 2


async def test_a_purchase_uses_the_balance_and_gives_it_back_when_it_fails(shop: Shop) -> None:
    product = await shop.product(1000)
    ada = await subscriber(shop)
    await adjust(shop, ada, 400)
    cart = await shop.checkout(product, customer_id=ada)
    shop.payments.answers = [decline, success]
    await shop.confirm(cart)
    assert await balance(shop, ada) == 400
    await shop.confirm(cart)
    assert await balance(shop, ada) == 0
    assert list(shop.payments.charged.values()) == [600]
    listed = await shop.orders.ListOrders(order_service_pb2.ListOrdersRequest(), shop.call())
    assert [(each.status, each.applied_balance_amount, each.due_amount) for each in listed.orders] == [(PAID, -400, 600)]


async def test_a_purchase_that_the_balance_covers_charges_nothing(shop: Shop) -> None:
    product = await shop.product(1000)
    ada = await subscriber(shop)
    await adjust(shop, ada, 1000)
    bought = await shop.confirm(await shop.checkout(product, customer_id=ada), confirmation_token_id=None)
    assert shop.payments.calls == 0
    assert bought.status == checkout_pb2.CHECKOUT_STATUS_SUCCEEDED
    assert await balance(shop, ada) == 0


async def test_a_change_whose_bank_asks_for_the_buyer_is_canceled_and_void(shop: Shop) -> None:
    shop.charges.answer = ActionNeeded(PaymentAction("secret"))
    due = billing(await subscriber(shop), billing_reason=UPDATE, void_on_failure=True)
    made = await shop.billing.BillNow(billing_service_pb2.BillNowRequest(billing=due), shop.call())
    assert (made.status, made.payment_failure.code) == (VOID, "authentication_required")
    assert shop.charges.given_up == [UUID(due.order_id)]


async def test_a_change_that_payments_never_heard_of_is_not_charged_later(shop: Shop) -> None:
    """Whoever waited for it has gone."""
    shop.charges.answer = Undecided()
    due = billing(await subscriber(shop), billing_reason=UPDATE, void_on_failure=True)
    made = await shop.billing.BillNow(billing_service_pb2.BillNowRequest(billing=due), shop.call())
    assert made.status == PENDING
    shop.clock.advance(timedelta(seconds=31))
    assert await resolve_charges(shop.clock.now(), open_store=shop.open_all, payments=shop.charges) == 1
    ended = await order(shop, due.order_id)
    assert (ended.status, ended.payment_failure.code) == (VOID, "payment_not_made")
    assert await ask(shop) == 0


async def told(shop: Shop, customer_id: str) -> list[tuple[str, int, int]]:
    """Of the customer's balance, oldest first: kind, amount, what was left."""
    request = customer_balance_service_pb2.ListCustomerBalanceTransactionsRequest(customer_id=customer_id)
    listed = (await shop.balances.ListCustomerBalanceTransactions(request, shop.call())).transactions
    name = customer_balance_pb2.CustomerBalanceTransactionType.Name
    return [(name(each.type).split("TYPE_")[1], each.amount, each.balance_amount) for each in reversed(listed)]


@pytest.mark.parametrize("how", ["by hand", "ended", "failed after the end"])
async def test_who_never_pays_a_period_does_not_keep_what_was_credited_within_it(shop: Shop, how: str) -> None:
    await known_organization(shop)
    ada = await subscriber(shop)
    await adjust(shop, ada, 100)
    due = billing(ada)
    state = subscription_events_pb2.SubscriptionState(subscription_id=due.subscription_id, customer_id=ada)
    ended = subscription_events_pb2.SubscriptionRevoked(subscription=state)
    await cycled(shop, due)
    await ask(shop)
    if how == "failed after the end":
        await shop.react("subscription.revoked", ended)
    else:
        await declined(shop, due.order_id)
    await cycled(shop, billing(ada, line(-300, proration=True), billing_reason=UPDATE))
    assert await balance(shop, ada) == 300
    if how == "by hand":
        await shop.orders.VoidOrder(order_service_pb2.VoidOrderRequest(request_id="1", id=due.order_id), shop.call())
    elif how == "ended":
        await shop.react("subscription.revoked", ended)
    else:
        await declined(shop, due.order_id)
    assert (await order(shop, due.order_id)).status == VOID
    assert (await told(shop, ada))[2:] == [("ORDER_CREDITED", 300, 300), ("ORDER_VOIDED", -300, 0), ("ORDER_RETURNED", 100, 100)]
    await succeeded(shop, due.order_id)
    assert (await told(shop, ada))[5:] == [("ORDER_VOIDED", 300, 400), ("ORDER_APPLIED", -100, 300)]
    assert await balance(shop, ada) == 300


async def test_of_orders_that_take_a_balance_and_void_ones_at_once_none_takes_what_is_gone(shop: Shop) -> None:
    await known_organization(shop)
    for number in range(6):
        ada = await subscriber(shop)
        unpaid = [billing(ada) for _ in range(3)]
        await cycled(shop, *unpaid)
        await ask(shop)
        await declined(shop, *(each.order_id for each in unpaid))
        await adjust(shop, ada, 1500)
        voids = [
            shop.orders.VoidOrder(order_service_pb2.VoidOrderRequest(request_id=f"v{number}{place}", id=each.order_id), shop.call("void"))
            for place, each in enumerate(unpaid)
        ]
        await asyncio.gather(*voids, cycled(shop, billing(ada), billing(ada)), adjust(shop, ada, 200))
        steps = await told(shop, ada)
        assert all(left >= 0 for _, _, left in steps), steps
        assert await balance(shop, ada) == sum(amount for _, amount, _ in steps) <= 200, "what came after all of them is left"
