"""Trials: with and without a card, and once for each person where the merchant minds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from bursar.checkout.v1 import checkout_pb2, checkout_service_pb2, customer_service_pb2, discount_pb2, discount_service_pb2
from bursar.types.v1 import intervals_pb2

from services.chassis.errors import BursarError
from services.checkout.domain.payment import Outcome, Succeeded
from services.checkout.domain.payment_method import PaymentMethod
from services.checkout.domain.settlement import Purchase
from services.checkout.tests.builders import organization
from services.checkout.tests.shop import Shop
from services.checkout.usecases.resolve_attempts import resolve_attempts
from services.checkout.usecases.start_waiting_trials import start_waiting_trials

SUCCEEDED, CONFIRMED, OPEN = (
    checkout_pb2.CHECKOUT_STATUS_SUCCEEDED,
    checkout_pb2.CHECKOUT_STATUS_CONFIRMED,
    checkout_pb2.CHECKOUT_STATUS_OPEN,
)
WEEKS = {"trial_interval": intervals_pb2.RECURRING_INTERVAL_WEEK}


@pytest.fixture
def strict(shop: Shop) -> Shop:
    """A shop that gives one trial to a person."""
    shop.directory.made = lambda organization_id: organization(organization_id, prevent_trial_abuse=True)
    return shop


def saves(payment_method_id: UUID) -> Callable[[Purchase], Outcome]:
    """The card is saved as this one."""
    return lambda _: Succeeded(None, None, payment_method_id)


async def told(shop: Shop, checkout: checkout_pb2.Checkout, payment_method_id: UUID, fingerprint: str | None, version: int = 1) -> None:
    """Payments tells of a card."""
    (row,) = await shop.sql(f"select customer_id from checkout where id = '{checkout.id}'")
    method = PaymentMethod(payment_method_id, shop.organization_id, row["customer_id"], version, False, False, fingerprint)
    async with shop.open_all() as store:
        await store.payment_methods.keep([method])
        await start_waiting_trials([payment_method_id], store=store)


async def now(shop: Shop, checkout: checkout_pb2.Checkout) -> checkout_pb2.Checkout:
    return await shop.checkouts.GetCheckout(checkout_service_pb2.GetCheckoutRequest(id=checkout.id), shop.call())


async def refused(work: Any) -> str:
    with pytest.raises(BursarError) as error:
        await work
    return error.value.reason


async def trial_by_card(shop: Shop, email: str, fingerprint: str, **fields: Any) -> checkout_pb2.Checkout:
    """A trial by somebody with a card, as it stands when everything is told."""
    card = uuid4()
    shop.payments.answers = [saves(card)]
    checkout = await shop.checkout(await shop.product(1000, monthly=True, trial_days=7), customer_email=email, **fields)
    confirmed = await shop.confirm(checkout)
    assert confirmed.status == CONFIRMED, "nothing is known of the card"
    await told(shop, checkout, card, fingerprint)
    return await now(shop, checkout)


async def test_a_checkout_overrides_the_trial_of_the_product(shop: Shop) -> None:
    product = await shop.product(1000, monthly=True, trial_days=7)
    longer = await shop.checkout(product, trial_interval_count=2, **WEEKS)
    assert (longer.active_trial_interval, longer.active_trial_interval_count) == (intervals_pb2.RECURRING_INTERVAL_WEEK, 2)
    none = await shop.checkout(product, allow_trial=False, trial_interval_count=2, **WEEKS)
    assert (none.active_trial_interval, none.is_payment_required) == (0, True)
    assert await refused(shop.checkout(product, **WEEKS)) == "TRIAL_INCOMPLETE"
    assert await refused(shop.checkout(product, trial_interval_count=2)) == "TRIAL_INCOMPLETE"
    assert await refused(shop.checkout(await shop.product(), trial_interval_count=2, **WEEKS)) == "TRIAL_NEEDS_RECURRING"


async def test_a_trial_without_a_card_is_bought_at_once(shop: Shop) -> None:
    shop.directory.made = lambda organization_id: organization(organization_id, allow_trial_without_payment_method=True)
    checkout = await shop.checkout(await shop.product(1000, monthly=True, trial_days=7))
    assert (checkout.is_payment_required, checkout.is_payment_setup_required) == (False, False)
    assert (await shop.confirm(checkout, confirmation_token_id=None)).status == SUCCEEDED
    assert shop.payments.calls == 0


async def test_a_trial_with_a_card_charges_nothing_and_asks_no_more_where_nobody_minds(shop: Shop) -> None:
    checkout = await shop.checkout(await shop.product(1000, monthly=True, trial_days=7))
    assert (checkout.is_payment_required, checkout.is_payment_setup_required) == (False, True)
    assert (await shop.confirm(checkout)).status == SUCCEEDED
    assert shop.payments.saved == [UUID(checkout.id)]
    assert not shop.payments.charged


async def test_an_alias_of_an_address_is_the_same_person(strict: Shop) -> None:
    assert (await trial_by_card(strict, "ada@example.com", "one")).status == SUCCEEDED
    again = await strict.checkout(await strict.product(1000, monthly=True, trial_days=7), customer_email="Ada+2@example.com")
    assert await refused(strict.confirm(again)) == "TRIAL_ALREADY_USED"
    assert (await trial_by_card(strict, "bob@example.com", "two")).status == SUCCEEDED
    assert (await trial_by_card(strict, "cay@example.com", "")).status == SUCCEEDED, "not every means of payment is recognized"
    assert (await trial_by_card(strict, "dan@example.com", "")).status == SUCCEEDED


async def test_a_named_customer_is_the_same_person_whatever_they_type(strict: Shop) -> None:
    lenient = {"allow_trial_without_payment_method": True, "allow_multiple_subscriptions": True}
    strict.directory.made = lambda each: organization(each, prevent_trial_abuse=True, **lenient)
    product = await strict.product(1000, monthly=True, trial_days=7)
    ada = customer_service_pb2.CreateCustomerRequest(request_id="1", email="ada@example.com")
    ada_id = (await strict.customers.CreateCustomer(ada, strict.call())).id
    first = await strict.confirm(
        await strict.checkout(product, customer_id=ada_id, customer_email="one@example.com"), confirmation_token_id=None
    )
    assert (first.status, first.customer_email) == (SUCCEEDED, "ada@example.com")
    again = await strict.checkout(product, customer_id=ada_id, customer_email="two@example.com")
    assert await refused(strict.confirm(again)) == "TRIAL_ALREADY_USED"


async def test_a_card_that_had_a_trial_opens_the_checkout_again(strict: Shop) -> None:
    code = discount_service_pb2.CreateDiscountRequest(
        request_id="1", name="Spring", code="SPRING", percentage=discount_pb2.PercentageDiscount(basis_points=100), max_redemptions=2
    )
    code.duration = discount_pb2.DISCOUNT_DURATION_FOREVER
    discount = await strict.discounts.CreateDiscount(code, strict.call())
    assert (await trial_by_card(strict, "ada@example.com", "one", discount_code="SPRING")).status == SUCCEEDED

    second = await trial_by_card(strict, "bob@example.com", "one", discount_code="SPRING")

    assert (second.status, second.payment_failure.code) == (OPEN, "trial_already_used")
    found = await strict.discounts.GetDiscount(discount_service_pb2.GetDiscountRequest(id=discount.id), strict.call())
    assert found.redemptions_count == 1
    assert (await strict.facts()).count("checkout.succeeded") == 1
    card = uuid4()
    strict.payments.answers = [saves(card)]
    await strict.confirm(second)
    await told(strict, second, card, "two")
    assert (await now(strict, second)).status == SUCCEEDED, "with another card it is theirs"


async def test_a_card_may_be_told_of_before_it_is_saved(strict: Shop) -> None:
    card = uuid4()
    strict.payments.answers = [lambda _: Succeeded(None, None, card)]
    other = await strict.confirm(await strict.checkout(await strict.product(0), customer_email="eve@example.com"))
    await told(strict, other, card, "one")
    checkout = await strict.checkout(await strict.product(1000, monthly=True, trial_days=7), customer_email="eve@example.com")
    assert (await strict.confirm(checkout)).status == SUCCEEDED


async def test_a_card_that_is_told_of_twice_starts_one_trial(strict: Shop) -> None:
    card = uuid4()
    strict.payments.answers = [saves(card)]
    checkout = await strict.confirm(await strict.checkout(await strict.product(1000, monthly=True, trial_days=7)))
    await told(strict, checkout, card, None, version=2)
    assert (await now(strict, checkout)).status == CONFIRMED, "it became the default, and nobody told that it was saved"
    assert "checkout.succeeded" not in await strict.facts()
    await told(strict, checkout, card, "one")
    await told(strict, checkout, card, "one")
    assert (await strict.facts()).count("checkout.succeeded") == 1


async def test_of_trials_at_once_with_one_card_one_starts(strict: Shop) -> None:
    product = await strict.product(1000, monthly=True, trial_days=7)
    cards = [uuid4() for _ in range(6)]
    checkouts = []
    for number, card in enumerate(cards):
        strict.payments.answers = [saves(card)]
        checkouts.append(await strict.confirm(await strict.checkout(product, customer_email=f"buyer{number}@example.com")))
    await asyncio.gather(*(told(strict, checkout, card, "same") for checkout, card in zip(checkouts, cards, strict=True)))
    assert sorted([(await now(strict, checkout)).status for checkout in checkouts]) == [OPEN] * 5 + [SUCCEEDED]


async def test_of_trials_at_once_by_one_person_one_starts(strict: Shop) -> None:
    strict.directory.made = lambda organization_id: organization(
        organization_id, prevent_trial_abuse=True, allow_trial_without_payment_method=True
    )
    product = await strict.product(1000, monthly=True, trial_days=7)
    checkouts = [await strict.checkout(product, customer_email=f"ada+{number}@example.com") for number in range(6)]
    answers = await asyncio.gather(*(strict.confirm(checkout) for checkout in checkouts), return_exceptions=True)
    assert sum(isinstance(answer, checkout_pb2.Checkout) for answer in answers) == 1
    assert {answer.reason for answer in answers if isinstance(answer, BursarError)} == {"TRIAL_ALREADY_USED"}


async def test_a_sweep_that_asks_again_does_not_start_it_either(strict: Shop) -> None:
    card = uuid4()
    strict.payments.answers = [saves(card)]
    checkout = await strict.confirm(await strict.checkout(await strict.product(1000, monthly=True, trial_days=7)))
    strict.payments.found = Succeeded(None, None, card)
    strict.clock.advance(timedelta(seconds=31))
    await resolve_attempts(strict.clock.now(), open_store=strict.open_all, payments=strict.payments)
    assert (await now(strict, checkout)).status == CONFIRMED
