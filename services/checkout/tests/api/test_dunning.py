"""Orders whose charge failed, from the first failure to the end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from bursar.checkout.v1 import checkout_events_pb2, order_pb2, order_service_pb2
from bursar.payments.v1 import payment_pb2, payments_events_pb2
from bursar.types.v1 import billing_pb2

from services.chassis.errors import NotPossibleNow
from services.chassis.ids import new_id, new_sandbox_id
from services.chassis.sweep import Sweep
from services.chassis.timestamps import from_timestamp
from services.checkout.clockwork import clockwork
from services.checkout.domain.payment import ActionNeeded, Declined, PaymentAction, PaymentFailure
from services.checkout.tests.builders import NOW
from services.checkout.tests.fakes import DECLINED
from services.checkout.tests.shop import Shop
from services.checkout.tests.subscribers import ask, billing, cycled, declined, known_organization, order, subscriber, succeeded
from services.checkout.usecases.resolve_charges import resolve_charges
from services.checkout.usecases.retry_due_orders import retry_due_orders
from services.checkout.usecases.retry_order_payment import MOST_RETRIES

PAID, PENDING, VOID = order_pb2.ORDER_STATUS_PAID, order_pb2.ORDER_STATUS_PENDING, order_pb2.ORDER_STATUS_VOID
NEVER = Declined(PaymentFailure("card_declined", "No.", "stolen_card"), retryable=False)


@pytest.fixture
def shop(lone_shop: Shop) -> Shop:
    """Sweeps go over all organizations."""
    return lone_shop


async def failed_order(shop: Shop, *, retryable: bool = True, **settings: Any) -> order_pb2.Order:
    """An order of a cycle whose first charge failed."""
    await known_organization(shop, **settings)
    due = billing(await subscriber(shop))
    await cycled(shop, due)
    await ask(shop)
    await declined(shop, due.order_id, retryable=retryable)
    return await order(shop, due.order_id)


async def day(shop: Shop, number: int, sweep: Sweep | None = None) -> int:
    """So many days after the first failure the sweep goes; how many orders went on."""
    shop.clock.advance(NOW + timedelta(days=number) - shop.clock.now())
    done = await retry_due_orders(shop.clock.now(), open_store=shop.open_all, sweep=sweep or Sweep("test"))
    await ask(shop)
    return done


def at(instant: Any) -> datetime:
    return from_timestamp(instant, "")


async def test_one_order_that_cannot_be_read_holds_up_no_other(shop: Shop) -> None:
    broken, *others = [await failed_order(shop) for _ in range(4)]
    await shop.sql(f"update orders set payment_failure = '[1]' where id = '{broken.id}' returning id")
    sweep = Sweep("test")
    assert await day(shop, 2, sweep) == 3
    assert sweep.aside == [UUID(broken.id)]
    assert {order_id for order_id, attempt in shop.charges.asked if attempt == 2} == {UUID(other.id) for other in others}


async def test_an_order_is_tried_on_its_days_and_then_void(shop: Shop) -> None:
    made = await failed_order(shop)
    for attempt, number in enumerate((2, 7, 14, 21), start=2):
        assert at((await order(shop, made.id)).next_payment_attempt_at) == NOW + timedelta(days=number)
        assert await day(shop, number - 1) == 0
        assert await day(shop, number) == 1
        assert await day(shop, number) == 0, "one at a time"
        assert max(shop.charges.asked) == (UUID(made.id), attempt)
        await declined(shop, made.id, made.id, attempt=attempt)
    over = await order(shop, made.id)
    assert (over.status, over.payment_attempts, at(over.past_due_at)) == (VOID, 5, NOW)
    facts = await shop.facts()
    assert facts.count("order.payment_failed") == 5
    assert facts[-3:] == ["order.payment_failed", "order.dunning_exhausted", "order.voided"]
    versions = await shop.sql(f"select version from outbox where subject_id = '{made.id}' order by position")
    assert [row["version"] for row in versions] == list(range(1, 9))


async def test_a_failure_is_told_with_all_that_a_subscription_goes_by(shop: Shop) -> None:
    made = await failed_order(shop)
    (row,) = await shop.sql("select payload from outbox where type = 'order.payment_failed'")
    told = checkout_events_pb2.OrderPaymentFailed.FromString(bytes(row["payload"]))
    assert (told.subscription_id, told.customer_id, told.billing_reason) == (made.subscription_id, made.customer_id, made.billing_reason)
    assert (at(told.past_due_at), at(told.next_payment_attempt_at)) == (NOW, NOW + timedelta(days=2))


async def test_a_paid_order_is_not_dunned_any_more(shop: Shop) -> None:
    made = await failed_order(shop)
    await day(shop, 2)
    await succeeded(shop, made.id, attempt=2)
    after = await order(shop, made.id)
    assert (after.status, after.HasField("next_payment_attempt_at"), after.HasField("payment_failure")) == (PAID, False, False)
    assert await day(shop, 7) == 0


async def test_a_decline_for_ever_waits_for_the_end(shop: Shop) -> None:
    made = await failed_order(shop, retryable=False)
    assert not made.HasField("next_payment_attempt_at")
    assert await day(shop, 20) == 0
    assert await day(shop, 21) == 1
    assert (await order(shop, made.id)).status == VOID
    assert len(shop.charges.asked) == 1


async def test_an_organization_may_keep_what_was_never_paid(shop: Shop) -> None:
    made = await failed_order(shop, dunning_days=[3], unpaid_behavior=billing_pb2.UNPAID_BEHAVIOR_KEEP)
    await day(shop, 3)
    await declined(shop, made.id, attempt=2)
    kept = await order(shop, made.id)
    assert (kept.status, kept.HasField("next_payment_attempt_at")) == (PENDING, False)
    assert (await shop.facts())[-1] == "order.dunning_exhausted"
    retry = order_service_pb2.RetryOrderPaymentRequest(request_id="1", id=made.id, confirmation_token_id="ctoken_new")
    assert (await shop.orders.RetryOrderPayment(retry, shop.call())).status == PAID
    assert shop.charges.tokens == ["ctoken_new"]


async def test_a_new_default_card_is_tried_at_once_and_the_schedule_goes_on(shop: Shop) -> None:
    made = await failed_order(shop, retryable=False)
    shop.clock.advance(timedelta(days=3))
    card = payments_events_pb2.PaymentMethodCreated(payment_method_id=str(new_id()), customer_id=made.customer_id, is_default=True)
    await shop.react("payment_method.created", card, card)
    await ask(shop)
    assert max(shop.charges.asked) == (UUID(made.id), 2)
    await declined(shop, made.id, attempt=2)
    after = await order(shop, made.id)
    assert at(after.next_payment_attempt_at) == NOW + timedelta(days=7), "it did not count"
    (row,) = await shop.sql("select payment_method_id from orders")
    assert str(row["payment_method_id"]) == card.payment_method_id


async def test_the_default_card_comes_before_the_subscriptions_own(shop: Shop) -> None:
    await known_organization(shop)
    ada, bob, own, card = await subscriber(shop), await subscriber(shop), str(new_id()), str(new_id())
    default = payments_events_pb2.PaymentMethodCreated(payment_method_id=card, customer_id=ada, is_default=True)
    early, late = billing(ada, payment_method_id=own), billing(ada, payment_method_id=own)
    nobodys = billing(bob, payment_method_id=own)
    await cycled(shop, early, nobodys)
    await ask(shop)
    await shop.react("payment_method.created", default)
    assert await ask(shop) == 0, "one attempt at a time"
    await cycled(shop, late)
    assert await cards(shop) == {early.order_id: own, nobodys.order_id: own, late.order_id: card}
    await declined(shop, early.order_id)
    await day(shop, 2)
    assert (await cards(shop))[early.order_id] == card


async def test_a_retry_by_hand_without_a_card_is_charged_to_the_default(shop: Shop) -> None:
    await known_organization(shop)
    due, card = billing(await subscriber(shop), payment_method_id=str(new_id())), str(new_id())
    await cycled(shop, due)
    await ask(shop)
    # It became the default while the charge was under way, which is why it was not tried at once.
    told = payments_events_pb2.PaymentMethodCreated(payment_method_id=card, customer_id=due.customer_id, is_default=True)
    await shop.react("payment_method.created", told)
    await declined(shop, due.order_id)
    retry = order_service_pb2.RetryOrderPaymentRequest(request_id="1", id=due.order_id)
    assert (await shop.orders.RetryOrderPayment(retry, shop.call())).status == PAID
    assert (shop.charges.tokens, await cards(shop)) == ([None], {due.order_id: card})


async def cards(shop: Shop) -> dict[str, str]:
    """Which saved card is charged, by order."""
    return {str(row["id"]): str(row["payment_method_id"]) for row in await shop.sql("select id, payment_method_id from orders")}


async def test_a_card_becomes_the_default_by_an_update(shop: Shop) -> None:
    made = await failed_order(shop)
    first, second = str(new_id()), str(new_id())
    for each in (first, second):
        told = payments_events_pb2.PaymentMethodCreated(payment_method_id=each, customer_id=made.customer_id, is_default=each == first)
        await shop.react("payment_method.created", told)
    await ask(shop)
    await declined(shop, made.id, attempt=2)
    for each in (second, first):
        told_now = payments_events_pb2.PaymentMethodUpdated(payment_method_id=each, customer_id=made.customer_id, is_default=each == second)
        await shop.react("payment_method.updated", told_now, version=2)
    await ask(shop)
    assert max(shop.charges.asked) == (UUID(made.id), 3)


async def test_a_retry_by_hand_does_not_count_and_five_are_all(shop: Shop) -> None:
    made = await failed_order(shop)
    shop.charges.answer = NEVER
    requests = [
        order_service_pb2.RetryOrderPaymentRequest(request_id=str(number), id=made.id, confirmation_token_id="ctoken")
        for number in range(MOST_RETRIES + 1)
    ]
    for request in requests[:MOST_RETRIES]:
        tried = await shop.orders.RetryOrderPayment(request, shop.call())
        again = await shop.orders.RetryOrderPayment(request, shop.call())
        assert tried == again
        assert at(tried.next_payment_attempt_at) == NOW + timedelta(days=2)
    with pytest.raises(NotPossibleNow) as refused:
        await shop.orders.RetryOrderPayment(requests[-1], shop.call())
    assert refused.value.reason == "TOO_MANY_RETRIES"
    assert (await order(shop, made.id)).payment_attempts == 6


async def test_without_a_card_there_is_nothing_to_retry_with(shop: Shop) -> None:
    made = await failed_order(shop)
    with pytest.raises(NotPossibleNow) as refused:
        await shop.orders.RetryOrderPayment(order_service_pb2.RetryOrderPaymentRequest(request_id="1", id=made.id), shop.call())
    assert refused.value.reason == "PAYMENT_METHOD_MISSING"


async def test_a_buyer_who_has_something_to_do_is_waited_for_and_then_given_up(shop: Shop) -> None:
    made = await failed_order(shop)
    shop.charges.answer = shop.charges.found = ActionNeeded(PaymentAction("secret", "https://bank.example"))
    request = order_service_pb2.RetryOrderPaymentRequest(request_id="1", id=made.id, confirmation_token_id="ctoken")
    waiting = await shop.orders.RetryOrderPayment(request, shop.call())
    assert waiting.payment_action.redirect_url == "https://bank.example"
    request.request_id = "2"
    with pytest.raises(NotPossibleNow, match="being paid"):
        await shop.orders.RetryOrderPayment(request, shop.call())
    shop.clock.advance(timedelta(minutes=59))
    assert await resolve_charges(shop.clock.now(), open_store=shop.open_all, payments=shop.charges) == 0
    shop.clock.advance(timedelta(minutes=1))
    assert await resolve_charges(shop.clock.now(), open_store=shop.open_all, payments=shop.charges) == 1
    after = await order(shop, made.id)
    assert (after.status, after.HasField("payment_action"), after.payment_failure.code) == (PENDING, False, "canceled")


async def test_a_bank_that_asks_for_an_absent_buyer_is_a_failure(shop: Shop) -> None:
    await known_organization(shop)
    due = billing(await subscriber(shop))
    await cycled(shop, due)
    await ask(shop)
    action = payment_pb2.NextAction(processor_client_secret="secret")
    fact = payments_events_pb2.PaymentRequiresAction(order_id=due.order_id, attempt=1, next_action=action)
    await shop.react("payment.requires_action", fact, fact)
    assert "order.payment_failed" not in await shop.facts()
    shop.charges.found = ActionNeeded(PaymentAction("secret"))
    assert await resolve_charges(shop.clock.now(), open_store=shop.open_all, payments=shop.charges) == 1
    assert shop.charges.given_up == [UUID(due.order_id)]
    after = await order(shop, due.order_id)
    assert (after.payment_failure.code, at(after.next_payment_attempt_at)) == ("authentication_required", NOW + timedelta(days=2))


async def test_charges_that_payments_never_heard_of_are_asked_for_again(shop: Shop) -> None:
    await known_organization(shop)
    due = billing(await subscriber(shop))
    await cycled(shop, due)
    await ask(shop)
    assert await resolve_charges(shop.clock.now(), open_store=shop.open_all, payments=shop.charges) == 0
    shop.clock.advance(timedelta(seconds=31))
    assert await resolve_charges(shop.clock.now(), open_store=shop.open_all, payments=shop.charges) == 1
    assert await ask(shop) == 1
    assert list(shop.charges.asked) == [(UUID(due.order_id), 1)]
    shop.charges.found = DECLINED
    shop.clock.advance(timedelta(seconds=31))
    await resolve_charges(shop.clock.now(), open_store=shop.open_all, payments=shop.charges)
    assert (await order(shop, due.order_id)).payment_failure.code == "card_declined"


async def test_a_second_payment_of_a_paid_order_is_kept_for_somebody_to_give_back(shop: Shop) -> None:
    made = await failed_order(shop)
    await day(shop, 2)
    await succeeded(shop, made.id, attempt=2)
    await succeeded(shop, made.id, attempt=1)
    (surplus,) = await shop.sql("select order_id, attempt from surplus_payment")
    assert (str(surplus["order_id"]), surplus["attempt"]) == (made.id, 1)


async def test_a_sandbox_is_dunned_by_its_own_clock_only(shop: Shop) -> None:
    shop.organization_id = new_sandbox_id(NOW - timedelta(days=400))
    made = await failed_order(shop)
    past_due_at = at(made.past_due_at)
    assert past_due_at == NOW - timedelta(days=400)
    assert await retry_due_orders(shop.clock.now(), open_store=shop.open_all, sweep=Sweep("test")) == 0, "sweeps leave it alone"
    work = clockwork(shop.store_of, shop.open_all, shop.payments, shop.charges, shop.clock, shop.woken.set)
    async with shop.database.worker.transaction() as transaction:
        assert await work.find_due(transaction, shop.organization_id, past_due_at + timedelta(days=1)) is None
        assert await work.find_due(transaction, shop.organization_id, past_due_at + timedelta(days=30)) == past_due_at + timedelta(days=2)
        assert await work.unfinished(transaction, shop.organization_id) == []
    assert await work.run_due(shop.organization_id, past_due_at + timedelta(days=2)) == 1
    async with shop.database.worker.transaction() as transaction:
        assert await work.unfinished(transaction, shop.organization_id) == ["1 charges to be asked for"]
        assert await work.find_due(transaction, shop.organization_id, past_due_at + timedelta(days=30)) is None


async def test_a_buyer_in_a_sandbox_is_waited_for_by_its_own_clock(shop: Shop) -> None:
    shop.organization_id = new_sandbox_id(NOW - timedelta(days=400))
    made = await failed_order(shop)
    past_due_at = at(made.past_due_at)
    shop.charges.answer = shop.charges.found = ActionNeeded(PaymentAction("secret"))
    request = order_service_pb2.RetryOrderPaymentRequest(request_id="1", id=made.id, confirmation_token_id="ctoken")
    await shop.orders.RetryOrderPayment(request, shop.call())
    shop.clock.advance(timedelta(hours=2))
    assert await resolve_charges(shop.clock.now(), open_store=shop.open_all, payments=shop.charges) == 0, "sweeps leave it alone"

    work = clockwork(shop.store_of, shop.open_all, shop.payments, shop.charges, shop.clock, shop.woken.set)
    async with shop.database.worker.transaction() as transaction:
        assert await work.find_due(transaction, shop.organization_id, past_due_at + timedelta(minutes=59)) is None
        given_up_at = await work.find_due(transaction, shop.organization_id, past_due_at + timedelta(days=30))
    assert given_up_at == past_due_at + timedelta(hours=1)
    assert await work.run_due(shop.organization_id, given_up_at) == 1

    after = await order(shop, made.id)
    assert (after.status, after.HasField("payment_action"), after.payment_failure.code) == (PENDING, False, "canceled")
    async with shop.database.worker.transaction() as transaction:
        due = await work.find_due(transaction, shop.organization_id, past_due_at + timedelta(days=30))
    assert due == past_due_at + timedelta(days=2), "its dunning goes on"
