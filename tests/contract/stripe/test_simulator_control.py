"""What tests and demonstrations do to the simulated world: move its clock along with others, have saved cards declined."""

from pathlib import Path
from typing import Any

import pytest
import stripe

from tests.contract.stripe.payments import customer_with_card, purchase
from tests.contract.stripe.simulator_process import Launch, SimulatorProcess, eventually
from tests.contract.stripe.webhook_receiver import SECRET, WebhookReceiver

DAY_SECONDS = 86_400


async def offset_days(simulator: SimulatorProcess) -> int:
    return int((await simulator.control("GET", "clock"))["offset_seconds"] // DAY_SECONDS)


async def test_an_advance_with_a_key_happens_once_also_after_a_crash(launch: Launch, tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "state"))
    first = await launch(*state)
    for key in ("a", "b", "a"):
        await first.control("POST", "clock/advance", seconds=DAY_SECONDS, key=key)
    assert await offset_days(first) == 2
    await first.kill()
    second = await launch(*state)
    await second.control("POST", "clock/advance", seconds=DAY_SECONDS, key="b")
    assert await offset_days(second) == 2
    await second.control("POST", "clock/advance", seconds=DAY_SECONDS)
    assert await offset_days(second) == 3


async def test_an_endpoint_gets_the_types_that_it_is_registered_for(launch: Launch) -> None:
    receiver = WebhookReceiver()
    await receiver.start()
    wanted = "payment_intent.succeeded,charge.updated"
    simulator = await launch("--webhook-url", receiver.url, "--webhook-secret", SECRET, "--webhook-events", wanted)
    client: Any = simulator.stripe_client().v1
    await client.payment_intents.create_async(purchase())
    await eventually(lambda: len(receiver.types()) == 2)
    assert sorted(receiver.types()) == sorted(wanted.split(","))
    assert (await simulator.control("GET", "webhooks"))["counts"] == {"delivered": 2}
    await receiver.stop()


def charge(customer: Any, card: Any) -> dict[str, Any]:
    return purchase(card.id, customer=customer.id, off_session=True)


async def codes(api: Any, customer: Any, card: Any, times: int) -> list[str]:
    """What becomes of charges of a saved card, one after the other."""
    seen = []
    for _ in range(times):
        try:
            seen.append((await api.payment_intents.create_async(charge(customer, card))).status)
        except stripe.CardError as refusal:
            seen.append(getattr(refusal.error, "decline_code", None) or str(refusal.code))
    return seen


async def test_the_next_charges_of_a_card_are_declined_and_then_it_pays_again(simulator: SimulatorProcess, api: Any) -> None:
    customer, card = await customer_with_card(api)
    assert await codes(api, customer, card, 1) == ["succeeded"]
    await simulator.control("POST", "cards/decline", payment_method=card.id, code="insufficient_funds", next=2)
    assert await codes(api, customer, card, 3) == ["insufficient_funds", "insufficient_funds", "succeeded"]


@pytest.mark.parametrize("named", ["cus_…", "metadata"])
async def test_all_charges_of_a_customer_are_declined_until_it_is_ended(simulator: SimulatorProcess, api: Any, named: str) -> None:
    customer, card = await customer_with_card(api)
    await api.customers.update_async(customer.id, {"metadata": {"their_id": "customer-7"}})
    name = customer.id if named == "cus_…" else "customer-7"
    await simulator.control("POST", "cards/decline", customer=name, code="expired_card", next=None)
    other = await api.payment_methods.attach_async("pm_card_mastercard", {"customer": customer.id})
    assert await codes(api, customer, card, 2) + await codes(api, customer, other, 1) == ["expired_card"] * 3
    await simulator.control("POST", "cards/decline", customer=name, code=None)
    assert await codes(api, customer, card, 1) == ["succeeded"]


async def test_only_charges_are_declined_so_the_card_can_still_be_saved(simulator: SimulatorProcess, api: Any) -> None:
    customer, _ = await customer_with_card(api)
    await simulator.control("POST", "cards/decline", customer=customer.id, code="insufficient_funds", next=1)
    setup = {"customer": customer.id, "payment_method": "pm_card_visa", "confirm": True, "usage": "off_session"}
    redirects = {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}
    assert (await api.setup_intents.create_async(setup | redirects)).status == "succeeded"
