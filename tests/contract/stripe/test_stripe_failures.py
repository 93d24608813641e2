"""Failures on demand, and what is left after a crash."""

from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe

from tests.contract.stripe.payments import purchase
from tests.contract.stripe.simulator_process import Launch, SimulatorProcess, eventually
from tests.contract.stripe.webhook_receiver import SECRET, WebhookReceiver

PATH = "/v1/payment_intents"
FORM = {"amount": "1000", "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true", "return_url": "https://x.test/"}


@pytest.mark.parametrize(("status", "error"), [(500, stripe.APIError), (429, stripe.RateLimitError), (409, stripe.APIError)])
async def test_next_calls_fail_with_a_status_before_the_effect(
    simulator: SimulatorProcess, api: Any, status: int, error: type[Exception]
) -> None:
    await simulator.control("POST", "faults", status=status, times=2, path=PATH, method="POST")
    for _ in range(2):
        with pytest.raises(error):
            await api.payment_intents.create_async(purchase())
    assert (await api.payment_intents.create_async(purchase())).status == "succeeded"
    assert (await simulator.control("GET", "totals"))["payment_intents"] == 1


@pytest.mark.parametrize(("when", "charges"), [("before", 0), ("after", 1)])
async def test_connection_is_cut_before_or_after_the_effect(simulator: SimulatorProcess, when: str, charges: int) -> None:
    await simulator.control("POST", "faults", status=None, when=when, path=PATH)
    with pytest.raises(httpx.TransportError):
        await simulator.api("POST", PATH, FORM, Idempotency_Key="k")
    assert (await simulator.control("GET", "totals"))["charges"] == charges
    again = await simulator.api("POST", PATH, FORM, Idempotency_Key="k")
    assert (again.status_code, again.headers.get("Idempotent-Replayed")) == (200, "true" if charges else None)
    assert (await simulator.control("GET", "totals"))["charges"] == 1


async def test_sdk_retries_a_cut_connection_into_one_charge(simulator: SimulatorProcess) -> None:
    await simulator.control("POST", "faults", status=None, when="after", path=PATH)
    api = simulator.stripe_client(max_network_retries=2).v1
    assert (await api.payment_intents.create_async(purchase())).status == "succeeded"  # type: ignore[arg-type]
    assert (await simulator.control("GET", "totals"))["charges"] == 1


async def test_failure_of_a_proxy_after_the_effect_is_not_stored(simulator: SimulatorProcess) -> None:
    await simulator.control("POST", "faults", status=502, when="after", stored=False, path=PATH)
    first = await simulator.api("POST", PATH, FORM, Idempotency_Key="k")
    second = await simulator.api("POST", PATH, FORM, Idempotency_Key="k")
    assert (first.status_code, second.status_code, second.json()["status"]) == (502, 200, "succeeded")


async def test_stripe_says_whether_to_retry(simulator: SimulatorProcess) -> None:
    await simulator.control("POST", "faults", status=429, code="lock_timeout", should_retry=True)
    response = await simulator.api("GET", "/v1/customers")
    assert (response.headers["Stripe-Should-Retry"], response.json()["error"]["code"]) == ("true", "lock_timeout")


async def test_kill_and_restart_lose_nothing_that_was_answered(tmp_path: Path, launch: Launch) -> None:
    receiver = WebhookReceiver()
    await receiver.start()
    arguments = ("--state", str(tmp_path / "state.jsonl"), "--webhook-url", receiver.url, "--webhook-secret", SECRET)
    first = await launch(*arguments)
    await first.control("POST", "webhooks/hold")
    await first.control("POST", "settings", settle_delay_ms=60_000)
    paid = await first.api("POST", PATH, FORM, Idempotency_Key="k")
    await first.control("POST", "clock/advance", seconds=3600)
    await first.kill()

    with (tmp_path / "state.jsonl").open("ab") as torn:
        torn.write(b'[["acct_1SimulatedPlatform","charge","ch_half')
    second = await launch(*arguments)
    again = await second.api("POST", PATH, FORM, Idempotency_Key="k")
    assert (again.content, again.headers["Idempotent-Replayed"]) == (paid.content, "true")
    assert (await second.control("GET", "clock"))["offset_seconds"] >= 3600
    # What had not been delivered still is, and what was due still happens.
    await eventually(lambda: "payment_intent.succeeded" in receiver.types())
    await eventually(lambda: "charge.updated" in receiver.types())
    assert (await second.control("GET", "totals"))["currencies"]["usd"]["net_amount"] == 941
    assert await second.stop() == 0
    await receiver.stop()
