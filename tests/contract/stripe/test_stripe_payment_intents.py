"""PaymentIntents: states, 3-D Secure, capture, confirmation tokens, settlement and fees."""

from typing import Any

import pytest
import stripe

from tests.contract.stripe.payments import customer_with_card, event_types, purchase
from tests.contract.stripe.simulator_process import SimulatorProcess, eventually

DAY_SECONDS = 86_400


async def test_states_of_a_purchase_in_steps(api: Any) -> None:
    intent = await api.payment_intents.create_async({"amount": 1000, "currency": "usd"})
    assert intent.status == "requires_payment_method"
    intent = await api.payment_intents.update_async(intent.id, {"payment_method": "pm_card_visa", "amount": 1200})
    assert intent.status == "requires_confirmation"
    intent = await api.payment_intents.confirm_async(intent.id, {"return_url": "https://shop.test/"})
    assert (intent.status, intent.amount_received) == ("succeeded", 1200)


@pytest.mark.parametrize("verb", ["confirm", "cancel", "capture", "update"])
async def test_wrong_verb_for_the_state_is_refused_with_the_intent(api: Any, verb: str) -> None:
    intent = await api.payment_intents.create_async(purchase())
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await getattr(api.payment_intents, f"{verb}_async")(intent.id)
    error = refusal.value.error
    assert error is not None
    assert error.payment_intent is not None
    assert (error.code, error.payment_intent.id) == ("payment_intent_unexpected_state", intent.id)


async def test_settlement_comes_later_with_charge_updated(simulator: SimulatorProcess, api: Any) -> None:
    await simulator.control("POST", "settings", settle_delay_ms=60_000)
    intent = await api.payment_intents.create_async(purchase(expand=["latest_charge"]))
    await simulator.control("POST", "settings", settle_delay_ms=20)
    assert intent.latest_charge.balance_transaction is None
    assert await event_types(api) == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]
    await simulator.control("POST", "clock/advance", seconds=61)
    assert (await event_types(api))[-1] == "charge.updated"
    charge = await api.charges.retrieve_async(intent.latest_charge.id, {"expand": ["balance_transaction"]})
    booked = charge.balance_transaction
    assert (booked.amount, booked.fee, booked.net, booked.status) == (1000, 59, 941, "pending")
    assert [(fee.type, fee.amount, fee.description) for fee in booked.fee_details] == [("stripe_fee", 59, "Stripe processing fees")]
    assert booked.available_on % DAY_SECONDS == 0


@pytest.mark.parametrize(("amount", "fee"), [(50, 31), (1000, 59), (1017, 59), (1018, 60), (9999, 320), (12345, 388)])
async def test_fee_is_rounded_half_up(api: Any, amount: int, fee: int) -> None:
    parameters = purchase(amount=amount, capture_method="automatic", expand=["latest_charge.balance_transaction"])
    intent = await api.payment_intents.create_async(parameters)
    assert intent.latest_charge.balance_transaction.fee == fee


async def test_foreign_card_costs_more(api: Any) -> None:
    parameters = purchase("pm_card_gb", capture_method="automatic", expand=["latest_charge.balance_transaction"])
    assert (await api.payment_intents.create_async(parameters)).latest_charge.balance_transaction.fee == 74


async def test_pending_funds_become_available(simulator: SimulatorProcess, api: Any) -> None:
    await api.payment_intents.create_async(purchase(capture_method="automatic"))
    await api.payment_intents.create_async(purchase("pm_card_bypassPending", capture_method="automatic"))
    balance = await api.balance.retrieve_async()
    assert (balance.available[0].amount, balance.pending[0].amount) == (941, 941)
    await simulator.control("POST", "clock/advance", seconds=5 * DAY_SECONDS)
    balance = await api.balance.retrieve_async()
    assert (balance.available[0].amount, balance.pending[0].amount) == (1882, 0)
    assert (await event_types(api))[-1] == "balance.available"


async def test_return_url_decides_where_the_buyer_authenticates(simulator: SimulatorProcess, api: Any) -> None:
    parameters = purchase("pm_card_authenticationRequired", return_url="https://shop.test/back?order=1")
    intent = await api.payment_intents.create_async(parameters)
    assert intent.next_action.redirect_to_url.return_url == "https://shop.test/back?order=1"
    url = intent.next_action.redirect_to_url.url
    assert "Complete authentication" in (await simulator.http.get(url)).text
    passed = await simulator.http.post(url, data={"outcome": "succeed"})
    assert passed.status_code == 303
    assert passed.headers["Location"].startswith(f"https://shop.test/back?order=1&payment_intent={intent.id}&")
    assert passed.headers["Location"].endswith("redirect_status=succeeded")
    assert (await api.payment_intents.retrieve_async(intent.id)).status == "succeeded"


async def test_page_without_the_client_secret_is_refused(simulator: SimulatorProcess, api: Any) -> None:
    intent = await api.payment_intents.create_async(purchase("pm_card_authenticationRequired"))
    response = await simulator.http.post(f"/_sim/authenticate/{intent.id}?client_secret=guess", data={"outcome": "succeed"})
    assert response.status_code == 404
    assert (await api.payment_intents.retrieve_async(intent.id)).status == "requires_action"


async def test_person_pays_on_the_hosted_page(simulator: SimulatorProcess, api: Any) -> None:
    intent = await api.payment_intents.create_async({"amount": 1999, "currency": "usd", "description": "<b>Book</b>"})
    page = f"/_sim/pay/{intent.client_secret}?return_url=https://shop.test/"
    shown = (await simulator.http.get(page)).text
    assert "$19.99 USD" in shown
    assert "&lt;b&gt;Book" in shown
    declined = await simulator.http.post(page, data={"number": "4000000000000002", "expiry": "12/34", "cvc": "123"})
    assert "Your card was declined." in declined.text
    paid = await simulator.http.post(page, data={"number": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123"})
    assert "redirect_status=succeeded" in paid.headers["Location"]
    assert (await api.payment_intents.retrieve_async(intent.id)).status == "succeeded"


async def test_failed_authentication_leaves_no_charge(simulator: SimulatorProcess, api: Any) -> None:
    intent = await api.payment_intents.create_async(purchase("pm_card_threeDSecure2Required"))
    after = await simulator.control("POST", "buyer/authenticate", intent=intent.id, outcome="fail")
    assert (after["status"], after["latest_charge"]) == ("requires_payment_method", None)
    assert after["last_payment_error"]["code"] == "payment_intent_authentication_failure"
    assert await event_types(api) == [
        "payment_intent.created",
        "payment_intent.requires_action",
        "payment_intent.payment_failed",
    ]


async def test_error_on_requires_action(api: Any) -> None:
    with pytest.raises(stripe.CardError) as refusal:
        await api.payment_intents.create_async(purchase("pm_card_authenticationRequired", error_on_requires_action=True))
    assert refusal.value.code == "authentication_required"
    assert refusal.value.error is not None
    assert refusal.value.error.payment_intent is not None
    assert refusal.value.error.payment_intent.status == "requires_payment_method"


async def test_server_side_confirmation_needs_a_return_url_or_no_redirects(api: Any) -> None:
    parameters = purchase()
    del parameters["automatic_payment_methods"]
    with pytest.raises(stripe.InvalidRequestError, match="you must provide a `return_url`"):
        await api.payment_intents.create_async(parameters)
    assert (await api.payment_intents.create_async(parameters | {"return_url": "https://shop.test/"})).status == "succeeded"


async def test_manual_capture(api: Any) -> None:
    held = await api.payment_intents.create_async(purchase(capture_method="manual", expand=["latest_charge"]))
    assert (held.status, held.amount_capturable, held.latest_charge.captured) == ("requires_capture", 1000, False)
    captured = await api.payment_intents.capture_async(held.id, {"amount_to_capture": 600})
    assert (captured.status, captured.amount_received, captured.amount_capturable) == ("succeeded", 600, 0)

    async def booked() -> list[int]:
        entries = await api.balance_transactions.list_async({"source": held.latest_charge.id})
        return [entry.amount for entry in entries.data]

    assert await eventually(booked) == [-400, 1000]


async def test_uncaptured_hold_expires_after_a_week(simulator: SimulatorProcess, api: Any) -> None:
    held = await api.payment_intents.create_async(purchase(capture_method="manual"))
    await simulator.control("POST", "clock/advance", seconds=7 * DAY_SECONDS)
    assert (await api.payment_intents.retrieve_async(held.id)).status == "canceled"
    assert (await event_types(api))[-2:] == ["charge.expired", "payment_intent.canceled"]


async def test_confirmation_token_is_used_once(simulator: SimulatorProcess, api: Any) -> None:
    token = await api.test_helpers.confirmation_tokens.create_async({"payment_method": "pm_card_visa", "return_url": "https://shop.test/"})
    parameters = {"amount": 1000, "currency": "usd", "confirm": True, "confirmation_token": token.id}
    intent = await api.payment_intents.create_async(parameters)
    assert intent.status == "succeeded"
    assert (await api.confirmation_tokens.retrieve_async(token.id)).payment_intent == intent.id
    with pytest.raises(stripe.InvalidRequestError, match="already been used"):
        await api.payment_intents.create_async(parameters)
    late = await api.test_helpers.confirmation_tokens.create_async({"payment_method": "pm_card_visa"})
    await simulator.control("POST", "clock/advance", seconds=DAY_SECONDS / 2)
    with pytest.raises(stripe.InvalidRequestError, match="expired"):
        await api.payment_intents.create_async(parameters | {"confirmation_token": late.id})


async def test_card_is_saved_by_setup_future_usage(api: Any) -> None:
    customer = await api.customers.create_async()
    parameters = purchase(customer=customer.id, setup_future_usage="off_session")
    intent = await api.payment_intents.create_async(parameters)
    saved = await api.customers.payment_methods.list_async(customer.id)
    assert [method.id for method in saved.data] == [intent.payment_method]
    again = await api.payment_intents.create_async(purchase(intent.payment_method, customer=customer.id, off_session=True))
    assert again.status == "succeeded"


async def test_unsaved_card_pays_once(api: Any) -> None:
    intent = await api.payment_intents.create_async(purchase())
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        await api.payment_intents.create_async(purchase(intent.payment_method))


async def test_saved_card_needs_its_customer(api: Any) -> None:
    _, card = await customer_with_card(api)
    other = await api.customers.create_async()
    for customer in ({}, {"customer": other.id}):
        with pytest.raises(stripe.InvalidRequestError):
            await api.payment_intents.create_async(purchase(card.id, **customer))


async def test_intent_is_found_by_metadata(simulator: SimulatorProcess, api: Any) -> None:
    intent = await api.payment_intents.create_async(purchase(metadata={"bursar_payment_id": "p-1", "order": "o-1"}))
    await api.payment_intents.create_async(purchase(metadata={"bursar_payment_id": "p-2"}))
    query = {"query": "metadata['bursar_payment_id']:'p-1' AND status:'succeeded'"}
    assert [found.id for found in (await api.payment_intents.search_async(query)).data] == [intent.id]
    await simulator.control("POST", "settings", search_lag_ms=60_000)
    assert (await api.payment_intents.search_async(query)).data == []
    await simulator.control("POST", "settings", search_lag_ms=0)
