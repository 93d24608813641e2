"""Idempotency keys: what is replayed, what is refused, what stores nothing."""

import asyncio
from typing import Any

import pytest
import stripe

from tests.contract.stripe.payments import purchase

FORM = {"amount": "1000", "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true", "return_url": "https://x.test/"}
PATH = "/v1/payment_intents"


async def test_same_key_gives_the_first_answer_again(simulator: Any) -> None:
    first = await simulator.api("POST", PATH, FORM, Idempotency_Key="k")
    second = await simulator.api("POST", PATH, FORM, Idempotency_Key="k")
    assert (second.content, second.status_code) == (first.content, 200)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Original-Request"] == first.headers["Request-Id"] != second.headers["Request-Id"]
    assert second.headers["Idempotency-Key"] == "k"
    assert "Idempotent-Replayed" not in first.headers
    assert (await simulator.control("GET", "totals"))["charges"] == 1


@pytest.mark.parametrize(("path", "form"), [(PATH, FORM | {"amount": "2000"}), ("/v1/customers", {"name": "Ada"})])
async def test_key_of_another_request_is_refused(simulator: Any, path: str, form: dict[str, str]) -> None:
    await simulator.api("POST", PATH, FORM, Idempotency_Key="k")
    response = await simulator.api("POST", path, form, Idempotency_Key="k")
    assert (response.status_code, response.json()["error"]["type"]) == (400, "idempotency_error")
    assert "Try using a key other than 'k'" in response.json()["error"]["message"]


async def test_decline_is_stored(api: Any) -> None:
    options = {"idempotency_key": "k"}
    intents = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as refusal:
            await api.payment_intents.create_async(purchase("pm_card_chargeDeclined"), options)
        assert refusal.value.error is not None
        assert refusal.value.error.payment_intent is not None
        intents.append(refusal.value.error.payment_intent.id)
    assert intents[0] == intents[1]


async def test_refused_parameter_stores_nothing(simulator: Any) -> None:
    bad = await simulator.api("POST", PATH, FORM | {"amount": "many"}, Idempotency_Key="k")
    good = await simulator.api("POST", PATH, FORM, Idempotency_Key="k")
    assert (bad.status_code, good.status_code, good.json()["status"]) == (400, 200, "succeeded")


async def test_state_error_is_stored(simulator: Any, api: Any) -> None:
    intent = await api.payment_intents.create_async({"amount": 1000, "currency": "usd"})
    path = f"{PATH}/{intent.id}/capture"
    first = await simulator.api("POST", path, {}, Idempotency_Key="k")
    again = await simulator.api("POST", path, {}, Idempotency_Key="k")
    assert first.json()["error"]["code"] == "payment_intent_unexpected_state"
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_same_key_in_flight_is_a_conflict(simulator: Any) -> None:
    await simulator.control("POST", "latency", ms=400)
    calls = [simulator.api("POST", PATH, FORM, Idempotency_Key="k") for _ in range(2)]
    answers = await asyncio.gather(*calls)
    await simulator.control("POST", "latency", ms=0)
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    conflict = next(answer for answer in answers if answer.status_code == 409)
    assert conflict.json()["error"]["code"] == "idempotency_key_in_use"
    assert (await simulator.api("POST", PATH, FORM, Idempotency_Key="k")).headers["Idempotent-Replayed"] == "true"


async def test_keys_are_forgotten_after_a_day(simulator: Any) -> None:
    first = await simulator.api("POST", PATH, FORM, Idempotency_Key="k")
    await simulator.control("POST", "clock/advance", seconds=24 * 3600 + 1)
    second = await simulator.api("POST", PATH, FORM, Idempotency_Key="k")
    assert first.json()["id"] != second.json()["id"]


async def test_get_ignores_the_key(simulator: Any) -> None:
    for path in ("/v1/customers", "/v1/charges"):
        response = await simulator.api("GET", path, Idempotency_Key="k")
        assert response.status_code == 200
        assert "Idempotency-Key" not in response.headers


async def test_too_long_key_is_refused(simulator: Any) -> None:
    assert (await simulator.api("POST", PATH, FORM, Idempotency_Key="k" * 256)).status_code == 400


async def test_injected_500_after_the_effect_is_replayed(simulator: Any) -> None:
    await simulator.control("POST", "faults", status=500, when="after", path=PATH)
    for replayed in (None, "true"):
        response = await simulator.api("POST", PATH, FORM, Idempotency_Key="k")
        assert (response.status_code, response.headers.get("Idempotent-Replayed")) == (500, replayed)
    assert (await simulator.control("GET", "totals"))["charges"] == 1
