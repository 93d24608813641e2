"""Webhooks: signed, retried, and as late, shuffled, doubled or lost as a test wants."""

from collections import Counter
from typing import Any

import pytest

from tests.contract.stripe.payments import customer_with_card, event_types, purchase
from tests.contract.stripe.simulator_process import SimulatorProcess, eventually
from tests.contract.stripe.webhook_receiver import WebhookReceiver

PURCHASE = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "charge.updated"]


async def test_purchase_is_told_in_signed_events(api: Any, receiver: WebhookReceiver) -> None:
    intent = await api.payment_intents.create_async(purchase(), {"idempotency_key": "buy-1"})
    await eventually(lambda: len(receiver.events) == 4)
    assert sorted(receiver.types()) == sorted(PURCHASE) == sorted(await event_types(api))
    by_type = {event["type"]: event for event in receiver.events}
    assert by_type["payment_intent.created"]["data"]["object"]["status"] == "requires_payment_method"
    assert by_type["payment_intent.succeeded"]["data"]["object"]["id"] == intent.id
    assert by_type["payment_intent.succeeded"]["request"]["idempotency_key"] == "buy-1"
    assert by_type["charge.succeeded"]["data"]["object"]["balance_transaction"] is None
    assert by_type["charge.updated"]["data"]["object"]["balance_transaction"].startswith("txn_")
    assert by_type["charge.updated"]["data"]["previous_attributes"] == {"balance_transaction": None}
    assert by_type["charge.updated"]["request"]["id"] is None
    assert all(event["pending_webhooks"] == 1 for event in receiver.events)


async def test_pending_webhooks_counts_down(simulator: SimulatorProcess, api: Any, receiver: WebhookReceiver) -> None:
    await simulator.control("POST", "webhooks/hold", types=["customer.*"])
    customer = await api.customers.create_async()
    event = (await api.events.list_async({"type": "customer.created"})).data[0]
    assert (event.pending_webhooks, event.data.object["id"]) == (1, customer.id)
    await simulator.control("POST", "webhooks/release")

    async def acknowledged() -> bool:
        return bool((await api.events.retrieve_async(event.id)).pending_webhooks == 0)

    assert await eventually(acknowledged)


async def test_unacknowledged_event_is_retried_and_signed_anew(simulator: SimulatorProcess, api: Any, receiver: WebhookReceiver) -> None:
    receiver.answers = [500, 302]
    await api.customers.create_async()
    await eventually(lambda: len(receiver.events) == 3)
    assert len({event["id"] for event in receiver.events}) == 1
    await eventually(lambda: _idle(simulator))
    assert (await simulator.control("GET", "webhooks"))["counts"] == {"retried": 2, "delivered": 1}


async def test_event_is_given_up_after_the_last_retry(simulator: SimulatorProcess, api: Any, receiver: WebhookReceiver) -> None:
    receiver.answers = [500] * 4
    await api.customers.create_async()
    await eventually(lambda: _idle(simulator))
    assert (len(receiver.events), (await simulator.control("GET", "webhooks"))["counts"]["given_up"]) == (4, 1)


@pytest.mark.parametrize("order", ["fifo", "reverse", "shuffle"])
async def test_held_events_come_in_the_order_asked_for(
    simulator: SimulatorProcess, api: Any, receiver: WebhookReceiver, order: str
) -> None:
    await simulator.control("POST", "webhooks/hold")
    await api.payment_intents.create_async(purchase())
    await eventually(lambda: _held(simulator, 4))
    assert receiver.events == []
    await simulator.control("POST", "webhooks/release", order=order, seed=1)
    await eventually(lambda: len(receiver.events) == 4)
    expected = {"fifo": PURCHASE, "reverse": PURCHASE[::-1]}
    if order in expected:
        assert receiver.types() == expected[order]
    else:
        assert sorted(receiver.types()) == sorted(PURCHASE) != receiver.types() != PURCHASE


async def test_duplicate_drop_and_delay(simulator: SimulatorProcess, api: Any, receiver: WebhookReceiver) -> None:
    await simulator.control("POST", "webhooks/duplicate", types=["charge.succeeded"], copies=3)
    await simulator.control("POST", "webhooks/drop", types=["payment_intent.created"])
    await simulator.control("POST", "webhooks/delay", types=["payment_intent.succeeded"], delay_ms=200)
    await api.payment_intents.create_async(purchase())
    await eventually(lambda: "payment_intent.succeeded" in receiver.types())
    await eventually(lambda: _idle(simulator))
    assert Counter(receiver.types()) == {"charge.succeeded": 3, "payment_intent.succeeded": 1, "charge.updated": 1}
    assert receiver.types()[-1] == "payment_intent.succeeded"
    assert (await simulator.control("GET", "webhooks"))["counts"]["dropped"] == 1


async def test_replay_delivers_an_event_again(simulator: SimulatorProcess, api: Any, receiver: WebhookReceiver) -> None:
    await api.customers.create_async()
    await eventually(lambda: len(receiver.events) == 1)
    await simulator.control("POST", "webhooks/replay", event=receiver.events[0]["id"])
    await eventually(lambda: len(receiver.events) == 2)
    assert receiver.events[0] == receiver.events[1]


async def test_rolled_secret_signs_twice(simulator: SimulatorProcess, api: Any, receiver: WebhookReceiver) -> None:
    endpoint = (await api.webhook_endpoints.list_async()).data[0]
    await simulator.control("POST", "webhooks/roll", endpoint=endpoint.id, secret="whsec_next")
    await api.customers.create_async()
    await eventually(lambda: receiver.signatures)
    assert receiver.signatures[0].count("v1=") == 2


async def test_endpoint_gets_only_what_it_enabled(api: Any, receiver: WebhookReceiver) -> None:
    endpoint = (await api.webhook_endpoints.list_async()).data[0]
    await api.webhook_endpoints.update_async(endpoint.id, {"enabled_events": ["payment_method.attached"]})
    await customer_with_card(api)
    await eventually(lambda: receiver.events)
    assert receiver.types() == ["payment_method.attached"]
    await api.webhook_endpoints.update_async(endpoint.id, {"disabled": True})
    assert (await api.webhook_endpoints.retrieve_async(endpoint.id)).status == "disabled"


async def test_created_endpoint_shows_its_secret_once(api: Any) -> None:
    created = await api.webhook_endpoints.create_async({"url": "https://shop.test/hook", "enabled_events": ["*"]})
    assert created.secret.startswith("whsec_")
    assert "secret" not in await api.webhook_endpoints.retrieve_async(created.id)
    assert (await api.webhook_endpoints.delete_async(created.id)).deleted is True


async def _idle(simulator: SimulatorProcess) -> bool:
    state = await simulator.control("GET", "webhooks")
    return bool(state["idle"])


async def _held(simulator: SimulatorProcess, count: int) -> bool:
    return bool((await simulator.control("GET", "webhooks"))["held"] == count)
