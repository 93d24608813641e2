"""When the time of checkouts is over: by the machine's time for live organizations, by its own for a sandbox."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from bursar.checkout.v1 import checkout_pb2, checkout_service_pb2

from services.chassis.errors import NotPossibleNow
from services.chassis.ids import new_sandbox_id
from services.chassis.organization_clock import move_time
from services.chassis.timestamps import from_timestamp
from services.checkout.domain.payment import ActionNeeded, PaymentAction
from services.checkout.tests.builders import NOW
from services.checkout.tests.shop import Shop
from services.checkout.usecases.expire_checkouts import expire_checkouts, expire_checkouts_of, next_expiry
from services.checkout.usecases.resolve_attempts import give_up_attempts_of, resolve_attempts
from tests.support.databases import ServiceDatabase

START = NOW - timedelta(days=400)
DAY = timedelta(hours=24)
ACTION = ActionNeeded(PaymentAction("secret"))


def sandbox(database: ServiceDatabase) -> Shop:
    return Shop(database, organization_id=new_sandbox_id(START))


async def move(shop: Shop, now: datetime) -> None:
    async with shop.database.worker.transaction() as transaction:
        await move_time(transaction, shop.organization_id, now)


async def due(shop: Shop, until: datetime) -> datetime | None:
    async with shop.open_all() as store:
        return await next_expiry(shop.organization_id, until, store=store)


async def status(shop: Shop, checkout: checkout_pb2.Checkout) -> checkout_pb2.CheckoutStatus.ValueType:
    found = await shop.checkouts.GetCheckout(checkout_service_pb2.GetCheckoutRequest(id=checkout.id), shop.call())
    return found.status


async def test_a_sandbox_counts_the_hours_by_its_own_clock(lone_shop: Shop) -> None:
    shop = sandbox(lone_shop.database)
    first = await shop.checkout(await shop.product())
    assert (from_timestamp(first.created_at, "t"), from_timestamp(first.expires_at, "t")) == (START, START + DAY)
    await move(shop, START + timedelta(hours=1))
    second = await shop.checkout(await shop.product())

    assert await expire_checkouts(NOW, open_store=shop.open_all) == 0, "what is due in a sandbox no sweep does"
    assert await due(shop, START + timedelta(hours=23)) is None
    assert await due(shop, START + timedelta(days=9)) == START + DAY
    await move(shop, START + DAY)
    assert await expire_checkouts_of(shop.organization_id, START + DAY, open_store=shop.open_all) == 1
    assert [await status(shop, each) for each in (first, second)] == [
        checkout_pb2.CHECKOUT_STATUS_EXPIRED,
        checkout_pb2.CHECKOUT_STATUS_OPEN,
    ]
    assert await due(shop, START + timedelta(days=9)) == START + timedelta(hours=25)


async def test_a_sandbox_leaves_live_checkouts_and_other_sandboxes_alone(lone_shop: Shop) -> None:
    live = await lone_shop.checkout(await lone_shop.product())
    mine, other = sandbox(lone_shop.database), sandbox(lone_shop.database)
    theirs = await other.checkout(await other.product())
    assert await due(mine, NOW + 2 * DAY) is None
    assert await expire_checkouts_of(mine.organization_id, NOW + 2 * DAY, open_store=mine.open_all) == 0
    assert await expire_checkouts(NOW + DAY, open_store=lone_shop.open_all) == 1
    assert await status(lone_shop, live) == checkout_pb2.CHECKOUT_STATUS_EXPIRED
    assert await status(other, theirs) == checkout_pb2.CHECKOUT_STATUS_OPEN


async def test_a_purchase_in_a_sandbox_happens_at_its_time(lone_shop: Shop) -> None:
    shop = sandbox(lone_shop.database)
    await shop.confirm(await shop.checkout(await shop.product(1000, monthly=True, trial_days=7)), request_id=str(uuid4()))
    (row,) = await shop.sql("select occurred_at from outbox where type = 'checkout.succeeded'")
    assert row["occurred_at"] == START
    (row,) = await shop.sql("select modified_at, changed_at from checkout")
    assert (row["modified_at"], row["changed_at"]) == (START, NOW), "what waits in vain is found by the machine's time"


async def test_a_buyer_who_never_acts_is_given_up_when_the_time_of_the_sandbox_is_over(lone_shop: Shop) -> None:
    shop = sandbox(lone_shop.database)
    shop.payments.answers = [lambda _: ACTION]
    shop.payments.found = ACTION
    checkout = await shop.confirm(await shop.checkout(await shop.product()))
    shop.clock.advance(timedelta(minutes=1))
    assert await resolve_attempts(shop.clock.now(), open_store=shop.open_all, payments=shop.payments) == 0, "its time stands still"
    assert await due(shop, START + 2 * DAY) == START + DAY

    await move(shop, START + DAY)
    assert await give_up_attempts_of(shop.organization_id, START + DAY, open_store=shop.open_all, payments=shop.payments) == 1
    assert await give_up_attempts_of(shop.organization_id, START + DAY, open_store=shop.open_all, payments=shop.payments) == 0
    assert await expire_checkouts_of(shop.organization_id, START + DAY, open_store=shop.open_all) == 1
    assert (await status(shop, checkout), await due(shop, NOW + 2 * DAY)) == (checkout_pb2.CHECKOUT_STATUS_EXPIRED, None)


async def test_one_that_cannot_be_given_up_keeps_nobody_else_waiting(lone_shop: Shop) -> None:
    shop = lone_shop
    shop.payments.answers = [lambda _: ACTION]
    shop.payments.found = ACTION
    product = await shop.product()
    first, second = [await shop.confirm(await shop.checkout(product)) for _ in range(2)]
    shop.payments.refusals = {UUID(first.id): NotPossibleNow("PAYMENT_NOT_CANCELABLE", "it is just succeeding")}
    shop.clock.advance(DAY)

    assert await resolve_attempts(shop.clock.now(), open_store=shop.open_all, payments=shop.payments) == 1

    assert [await status(shop, each) for each in (first, second)] == [
        checkout_pb2.CHECKOUT_STATUS_CONFIRMED,
        checkout_pb2.CHECKOUT_STATUS_OPEN,
    ]
    async with shop.open_all() as store:
        assert await store.checkouts.unanswered(shop.clock.now() - timedelta(seconds=1), shop.clock.now(), 10) == [], "asked again later"
