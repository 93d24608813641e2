"""The table of test cards: what each one does when it pays, on and off session."""

from typing import Any

import pytest
import stripe

from tests.contract.stripe.payments import NO_REDIRECTS, customer_with_card, event_types, purchase

SUCCEEDS = (
    "pm_card_visa pm_card_mastercard pm_card_amex pm_card_bypassPending pm_card_riskLevelElevated pm_card_cvcCheckFail"
    " pm_card_avsZipFail pm_card_threeDSecureOptional pm_card_createDispute pm_card_pendingRefund pm_card_refundFail"
).split()
DECLINES = {
    "pm_card_visa_chargeDeclined": ("card_declined", "generic_decline"),
    "pm_card_chargeDeclined": ("card_declined", "generic_decline"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
    "pm_card_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
    "pm_card_visa_chargeDeclinedLostCard": ("card_declined", "lost_card"),
    "pm_card_visa_chargeDeclinedStolenCard": ("card_declined", "stolen_card"),
    "pm_card_chargeDeclinedExpiredCard": ("expired_card", None),
    "pm_card_chargeDeclinedIncorrectCvc": ("incorrect_cvc", None),
    "pm_card_chargeDeclinedProcessingError": ("processing_error", None),
    "pm_card_chargeCustomerFail": ("card_declined", "generic_decline"),
    "pm_card_radarBlock": ("card_declined", "fraudulent"),
    "pm_card_threeDSecureRequiredProcessingError": ("card_declined", "processing_error"),
}
# Token: what comes of the authentication.
CHALLENGES = {
    "pm_card_authenticationRequired": "succeeded",
    "pm_card_authenticationRequiredOnSetup": "succeeded",
    "pm_card_authenticationRequiredSetupForOffSession": "succeeded",
    "pm_card_threeDSecure2Required": "succeeded",
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": "insufficient_funds",
    "pm_card_threeDSecureRequiredChargeDeclined": "generic_decline",
}
NUMBERS = {"4242424242424242": "succeeded", "4000000000000077": "succeeded", "4111111111111111": "succeeded"}


@pytest.mark.parametrize("token", SUCCEEDS)
async def test_card_pays_at_once(api: Any, token: str) -> None:
    intent = await api.payment_intents.create_async(purchase(token, expand=["latest_charge"]))
    assert (intent.status, intent.amount_received, intent.latest_charge.paid) == ("succeeded", 1000, True)


@pytest.mark.parametrize(("token", "codes"), DECLINES.items())
async def test_card_is_declined(api: Any, token: str, codes: tuple[str, str | None]) -> None:
    with pytest.raises(stripe.CardError) as refusal:
        await api.payment_intents.create_async(purchase(token))
    error = refusal.value.error
    assert error is not None
    assert (refusal.value.http_status, error.code, getattr(error, "decline_code", None)) == (402, *codes)
    assert error.payment_intent is not None
    intent = await api.payment_intents.retrieve_async(error.payment_intent.id)
    assert (intent.status, intent.latest_charge, intent.payment_method) == ("requires_payment_method", error.charge, None)
    assert intent.last_payment_error.code == codes[0]
    charge = await api.charges.retrieve_async(error.charge)
    assert (charge.status, charge.paid, charge.failure_code) == ("failed", False, codes[0])
    assert (await event_types(api)) == ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]


@pytest.mark.parametrize(("token", "outcome"), CHALLENGES.items())
async def test_card_asks_for_authentication_first(simulator: Any, api: Any, token: str, outcome: str) -> None:
    intent = await api.payment_intents.create_async(purchase(token))
    assert (intent.status, intent.next_action.type) == ("requires_action", "use_stripe_sdk")
    after = await simulator.control("POST", "buyer/authenticate", intent=intent.id, outcome="succeed")
    if outcome == "succeeded":
        assert after["status"] == "succeeded"
    else:
        assert after["status"] == "requires_payment_method"
        assert after["last_payment_error"]["decline_code"] == outcome


@pytest.mark.parametrize(("number", "status"), NUMBERS.items())
async def test_number_pays(api: Any, number: str, status: str) -> None:
    card = {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": "123"}
    method = await api.payment_methods.create_async({"type": "card", "card": card})
    intent = await api.payment_intents.create_async(purchase(method.id))
    assert (intent.status, method.card.last4) == (status, number[-4:])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"number": "4242424242424241"}, "incorrect_number"),
        ({"exp_month": 13}, "invalid_expiry_month"),
        ({"exp_year": 2020}, "invalid_expiry_year"),
        ({"cvc": "99"}, "invalid_cvc"),
    ],
)
async def test_impossible_card_is_refused(api: Any, change: dict[str, Any], code: str) -> None:
    card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2034, "cvc": "123"} | change
    with pytest.raises(stripe.StripeError) as refusal:
        await api.payment_methods.create_async({"type": "card", "card": card})
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("token", "set_up", "status"),
    [
        ("pm_card_visa", False, "succeeded"),
        ("pm_card_authenticationRequired", True, "authentication_required"),
        ("pm_card_authenticationRequiredOnSetup", False, "authentication_required"),
        ("pm_card_authenticationRequiredOnSetup", True, "succeeded"),
        ("pm_card_authenticationRequiredSetupForOffSession", False, "succeeded"),
        ("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", True, "card_declined"),
    ],
)
async def test_card_off_session(simulator: Any, api: Any, token: str, set_up: bool, status: str) -> None:
    customer, card = await customer_with_card(api, token)
    if set_up:
        setup = await api.setup_intents.create_async(
            {"customer": customer.id, "payment_method": card.id, "confirm": True, "automatic_payment_methods": NO_REDIRECTS}
        )
        await simulator.control("POST", "buyer/authenticate", intent=setup.id, outcome="succeed")
    parameters = purchase(card.id, customer=customer.id, off_session=True)
    if status == "succeeded":
        assert (await api.payment_intents.create_async(parameters)).status == status
        return
    with pytest.raises(stripe.CardError) as refusal:
        await api.payment_intents.create_async(parameters)
    assert refusal.value.code == status


async def test_declining_card_cannot_be_attached_but_the_customer_fail_card_can(api: Any) -> None:
    customer, card = await customer_with_card(api, "pm_card_chargeCustomerFail")
    assert card.customer == customer.id
    with pytest.raises(stripe.CardError) as refusal:
        await api.payment_methods.attach_async("pm_card_chargeDeclined", {"customer": customer.id})
    assert refusal.value.code == "card_declined"


async def test_blocked_card_says_so(api: Any) -> None:
    with pytest.raises(stripe.CardError) as refusal:
        await api.payment_intents.create_async(purchase("pm_card_radarBlock"))
    assert refusal.value.error is not None
    charge = await api.charges.retrieve_async(refusal.value.error.charge)
    assert (charge.outcome.type, charge.outcome.network_status) == ("blocked", "not_sent_to_network")
