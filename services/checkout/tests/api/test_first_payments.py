"""What is told of a purchase whose payment, or card, needs the buyer."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from bursar.checkout.v1 import checkout_pb2, checkout_service_pb2, product_pb2
from bursar.checkout.v1.checkout_events_pb2 import CheckoutExpired, CheckoutPaymentActionRequired, CheckoutSucceeded

from services.chassis.call import Call
from services.checkout.domain.payment import ActionNeeded, PaymentAction
from services.checkout.domain.subscription import StandingSubscription
from services.checkout.tests.fakes import decline, success
from services.checkout.tests.shop import Shop
from services.checkout.usecases.expire_checkouts import expire_checkouts

ASKED = "checkout.payment_action_required"


async def asked(shop: Shop, product: product_pb2.Product) -> checkout_pb2.Checkout:
    """A purchase by somebody new, who has to act."""
    shop.payments.answers = [lambda _: action()]
    return await shop.confirm(await shop.checkout(product, customer_email=f"{uuid4().hex}@example.com"))


def action() -> ActionNeeded:
    return ActionNeeded(PaymentAction("pi_secret", "https://bank.example"))


async def payloads(shop: Shop, type: str) -> list[bytes]:
    return [bytes(row["payload"]) for row in await shop.sql(f"select payload from outbox where type = '{type}' order by position")]


async def test_a_new_subscription_whose_buyer_is_asked_is_told_with_all_that_it_starts_with(shop: Shop) -> None:
    for trial_days in (0, 7):
        confirmed = await asked(shop, await shop.product(1000, monthly=True, trial_days=trial_days))
        await shop.confirm(confirmed)
        told = CheckoutPaymentActionRequired.FromString((await payloads(shop, ASKED))[-1]).checkout
        assert (told.checkout_id, told.subscription_id) == (confirmed.id, confirmed.subscription_id)
        assert (told.amount, told.customer_id, told.HasField("payment_method_id")) == (1000, confirmed.customer_id, False)
        assert told.HasField("trial_end") == bool(trial_days)
    assert len(await payloads(shop, ASKED)) == 2
    versions = await shop.sql(f"select version from outbox where subject_id = '{confirmed.id}' order by position")
    assert [row["version"] for row in versions] == [1, 2, 3, 4]


async def test_what_starts_no_subscription_is_not(shop: Shop) -> None:
    await asked(shop, await shop.product())
    shop.payments.answers = [success]
    free = await shop.confirm(await shop.checkout(await shop.product(0, monthly=True)), confirmation_token_id=None)
    known = StandingSubscription(UUID(free.subscription_id), UUID(free.customer_id), True, True, None, UUID(free.id))
    shop.subscriptions.standing, shop.subscriptions.count = [known], 1
    request = checkout_service_pb2.CreateCheckoutRequest(request_id=str(uuid4()), upgraded_subscription_id=free.subscription_id)
    request.product_ids.append((await shop.product(1000, monthly=True)).id)
    request.customer_billing_address.country = "DE"
    shop.payments.answers = [lambda _: action()]
    assert (await shop.confirm(await shop.checkouts.CreateCheckout(request, shop.call()))).payment_action.redirect_url
    assert await payloads(shop, ASKED) == []


async def test_the_end_of_a_checkout_names_the_subscription_that_it_would_have_started(lone_shop: Shop) -> None:
    shop = lone_shop
    shop.payments.answers = [decline]
    never = await shop.confirm(await shop.checkout(await shop.product(1000, monthly=True), customer_email="bob@example.com"))
    untouched = await shop.checkout(await shop.product(1000, monthly=True))
    shop.clock.advance(timedelta(hours=25))
    assert await expire_checkouts(shop.clock.now(), open_store=shop.open_all) == 2
    told = {each.checkout_id: each for each in map(CheckoutExpired.FromString, await payloads(shop, "checkout.expired"))}
    assert told[never.id].subscription_id == never.subscription_id
    assert not told[untouched.id].HasField("subscription_id")


async def test_a_buyer_who_chooses_what_does_not_recur_forgoes_the_subscription(shop: Shop) -> None:
    monthly, once = await shop.product(1000, monthly=True), await shop.product(500)
    shop.payments.answers = [decline]
    request = checkout_service_pb2.CreateCheckoutRequest(request_id=str(uuid4()), product_ids=[monthly.id, once.id])
    request.customer_email = "ada@example.com"
    request.customer_billing_address.country = "DE"
    opened = await shop.checkouts.CreateCheckout(request, shop.call())
    first = await shop.confirm(opened)
    change = checkout_service_pb2.UpdateClientCheckoutRequest(request_id=str(uuid4()), client_secret=opened.client_secret)
    change.update_mask.paths.append("product_id")
    change.change.product_id = once.id
    await shop.client.UpdateClientCheckout(change, Call("update", None, {}))
    assert not (await shop.confirm(opened)).HasField("subscription_id")
    shop.payments.answers = [success]
    done = await shop.confirm(opened)
    assert (done.status, done.HasField("subscription_id")) == (checkout_pb2.CHECKOUT_STATUS_SUCCEEDED, False)
    (message,) = map(CheckoutSucceeded.FromString, await payloads(shop, "checkout.succeeded"))
    assert (message.HasField("subscription_id"), message.forgone_subscription_id) == (False, first.subscription_id)
