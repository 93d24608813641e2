"""Every request that `payments` sends is one that Stripe's OpenAPI document allows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from services.chassis.ids import new_id
from services.payments.clients.stripe_calls import StripeCalls
from services.payments.clients.stripe_processor import StripeProcessor
from services.payments.domain.attempt import Attempt
from services.payments.domain.customer import Customer
from services.payments.tests.builders import payment, setup
from tests.contract.payments.recording_proxy import RecordingProxy
from tests.contract.stripe.openapi import Document, load
from tests.contract.stripe.simulator_process import SimulatorProcess

CUSTOMER = Customer(new_id(), new_id(), "ada@example.com", "Ada Löve & Co")


@pytest.fixture
def document() -> Document:
    found = load()
    if found is None:
        pytest.skip("the OpenAPI document of Stripe's API is not here")
    return found


@pytest_asyncio.fixture
async def proxy() -> AsyncIterator[RecordingProxy]:
    simulator = await SimulatorProcess.start()
    proxy = RecordingProxy(simulator.url)
    await proxy.start()
    yield proxy
    await proxy.stop()
    await simulator.stop()


@pytest_asyncio.fixture
async def processor(proxy: RecordingProxy) -> AsyncIterator[StripeProcessor]:
    calls = StripeCalls("sk_test_contract", api_base=proxy.url, timeout_seconds=10, max_calls=4)
    yield StripeProcessor(calls)
    await calls.close()


async def everything(processor: StripeProcessor, token: str) -> list[Attempt]:
    """One of each call; the attempts that reached Stripe."""
    customer_id = await processor.create_customer(CUSTOMER)
    assert await processor.find_customer(CUSTOMER) == customer_id
    three_d_secure = payment(source="pm_card_authenticationRequired", return_url="https://shop.example/?a=1&b=2")
    attempts = [
        payment(keep_method=True, description="Order 7: “ink”"),
        payment(source=token, keep_method=True),
        payment(source="pm_card_visa_chargeDeclined"),
        three_d_secure,
        setup(),
        setup(return_url="https://shop.example/back"),
    ]
    outcomes = [await processor.send(attempt, customer_id) for attempt in attempts]
    assert [outcome.verb for outcome in outcomes] == ["succeed", "succeed", "fail", "require_action", "succeed", "succeed"]
    kept = outcomes[0].details
    assert kept is not None
    absent = payment(source=kept.processor_id, off_session=True)
    assert (await processor.send(absent, customer_id)).verb == "succeed"
    for attempt, outcome in zip([*attempts, absent], [*outcomes, None], strict=True):
        found = await processor.look_up(attempt, customer_id)
        assert found is not None
        assert outcome is None or (found.verb, found.processor_id) == (outcome.verb, outcome.processor_id)
    assert (await processor.cancel(payment(id=three_d_secure.id, processor_id=outcomes[3].processor_id))).verb == "cancel"
    await processor.detach(kept.processor_id)
    now = datetime.now(UTC)
    page = await processor.list_events(now - timedelta(minutes=5), None, None)
    assert page.events
    await processor.list_events(now - timedelta(minutes=5), now + timedelta(minutes=5), page.events[0].id)
    return [*attempts, absent]


async def test_every_request_is_allowed_and_every_change_has_a_key(
    document: Document, proxy: RecordingProxy, processor: StripeProcessor
) -> None:
    helper = StripeCalls("sk_test_contract", api_base=proxy.target, timeout_seconds=10, max_calls=1)
    made = {"payment_method": "pm_card_visa"}
    token = await helper.post("token", "/v1/test_helpers/confirmation_tokens", made, key=str(new_id()))
    await helper.close()
    attempts = await everything(processor, token["id"])
    errors = [
        error
        for request in proxy.requests
        for error in document.validate_request(request.method, request.path, request.query, request.body)
    ]
    assert errors == []
    assert {request.status for request in proxy.requests} == {200, 402}
    keys = [request.headers["idempotency-key"] for request in proxy.requests if request.method == "POST"]
    assert {attempt.idempotency_key for attempt in attempts} < set(keys)
    assert len(keys) == len(set(keys))
    assert max(map(len, keys)) <= 255


async def test_a_check_that_finds_nothing_would_be_worth_nothing(document: Document) -> None:
    body = "amount=1000&currency=usd&payment_method_types[0]=card"
    assert document.validate_request("POST", "/v1/payment_intents", "", body) != []
