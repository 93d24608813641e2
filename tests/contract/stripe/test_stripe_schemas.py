"""Every object and event that the simulator answers is what Stripe's OpenAPI document says."""

import json
from typing import Any

import pytest
import stripe

from deploy.stripe_simulator.contract import generate
from tests.contract.stripe.openapi import Document
from tests.contract.stripe.payments import NO_REDIRECTS, customer_with_card, purchase
from tests.contract.stripe.simulator_process import ROOT, SimulatorProcess, eventually

LISTS = (
    "customers payment_methods payment_intents setup_intents charges refunds disputes balance_transactions"
    " webhook_endpoints radar/early_fraud_warnings events"
).split()
EXPECTED_EVENTS = {
    "balance.available",
    "charge.captured",
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.expired",
    "charge.failed",
    "charge.refund.updated",
    "charge.refunded",
    "charge.succeeded",
    "charge.updated",
    "customer.created",
    "customer.deleted",
    "customer.updated",
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "payment_intent.created",
    "payment_intent.payment_failed",
    "payment_intent.requires_action",
    "payment_intent.succeeded",
    "payment_method.attached",
    "payment_method.detached",
    "payment_method.updated",
    "radar.early_fraud_warning.created",
    "refund.created",
    "refund.failed",
    "refund.updated",
    "setup_intent.canceled",
    "setup_intent.created",
    "setup_intent.requires_action",
    "setup_intent.setup_failed",
    "setup_intent.succeeded",
}


async def _customers_and_cards(api: Any) -> None:
    customer, card = await customer_with_card(api)
    address = {"line1": "1 Main St", "country": "US"}
    await api.customers.update_async(customer.id, {"name": "Ada", "address": address, "metadata": {"tier": "gold"}})
    await api.payment_methods.update_async(card.id, {"billing_details": {"name": "Ada"}, "metadata": {"a": "b"}})
    await api.payment_methods.detach_async(card.id)
    await api.customers.delete_async((await api.customers.create_async()).id)
    await api.webhook_endpoints.create_async({"url": "http://127.0.0.1:9/", "enabled_events": ["charge.refunded"]})


async def _payments(simulator: SimulatorProcess, api: Any) -> None:
    for method in ("pm_card_visa", "pm_card_createDispute", "pm_card_createIssuerFraudRecord", "pm_card_createDisputeInquiry"):
        await api.payment_intents.create_async(purchase(method, metadata={"bursar_payment_id": method}))
    for method in ("pm_card_chargeDeclinedLostCard", "pm_card_radarBlock"):
        with pytest.raises(stripe.CardError):
            await api.payment_intents.create_async(purchase(method))
    secure = await api.payment_intents.create_async(purchase("pm_card_threeDSecure2Required", return_url="https://shop.test/back"))
    await simulator.control("POST", "buyer/authenticate", intent=secure.id, outcome="succeed")
    for verb in ("capture_async", "cancel_async", None):
        held = await api.payment_intents.create_async(purchase(capture_method="manual"))
        if verb:
            await getattr(api.payment_intents, verb)(held.id)
    token = await api.test_helpers.confirmation_tokens.create_async({"payment_method": "pm_card_visa"})
    paid = await api.payment_intents.create_async(
        {"amount": 700, "currency": "eur", "confirm": True, "confirmation_token": token.id, "return_url": "https://shop.test/"}
    )
    await api.refunds.create_async({"payment_intent": paid.id, "amount": 300})
    failing = await api.payment_intents.create_async(purchase("pm_card_refundFail"))
    await api.refunds.create_async({"payment_intent": failing.id, "reason": "requested_by_customer"})


async def _setups(simulator: SimulatorProcess, api: Any) -> None:
    customer = await api.customers.create_async()
    base = {"customer": customer.id, "confirm": True, "automatic_payment_methods": NO_REDIRECTS}
    await api.setup_intents.create_async(base | {"payment_method": "pm_card_visa"})
    with pytest.raises(stripe.CardError):
        await api.setup_intents.create_async(base | {"payment_method": "pm_card_chargeDeclined"})
    secure = await api.setup_intents.create_async(base | {"payment_method": "pm_card_authenticationRequired"})
    await simulator.control("POST", "buyer/authenticate", intent=secure.id, outcome="fail")
    await api.setup_intents.cancel_async((await api.setup_intents.create_async({"customer": customer.id})).id)


async def _disputes(simulator: SimulatorProcess, api: Any) -> None:
    async def both() -> list[Any]:
        found = (await api.disputes.list_async()).data
        return found if len(found) == 2 else []

    for dispute in await eventually(both):
        evidence = {"uncategorized_text": "winning_evidence"}
        await api.disputes.update_async(dispute.id, {"evidence": evidence, "submit": True})

    async def closed() -> bool:
        return {found.status for found in (await api.disputes.list_async()).data} == {"won", "warning_closed"}

    await eventually(closed)


async def test_all_objects_and_events_are_valid(simulator: SimulatorProcess, api: Any, document: Document) -> None:
    await _customers_and_cards(api)
    await _payments(simulator, api)
    await _setups(simulator, api)
    await _disputes(simulator, api)
    await simulator.control("POST", "clock/advance", seconds=8 * 86_400)
    errors = document.validate_object((await simulator.api("GET", "/v1/balance")).json())
    seen: set[str] = set()
    for name in LISTS:
        url, cursor = f"/v1/{name}?limit=100", ""
        url += "&expand[]=data.latest_attempt" if name == "setup_intents" else ""
        while True:
            page = (await simulator.api("GET", url + cursor)).json()
            for value in page["data"]:
                errors += document.validate_event(value) if name == "events" else document.validate_object(value)
                seen.add(value["type"] if name == "events" else name)
            if not page["has_more"]:
                break
            cursor = f"&starting_after={page['data'][-1]['id']}"
        assert name in seen or name == "events", f"nothing to check in {name}"
    assert errors == []
    assert seen - set(LISTS) == EXPECTED_EVENTS


async def test_errors_and_expanded_answers_are_valid(simulator: SimulatorProcess, document: Document) -> None:
    form = {"amount": "1000", "currency": "usd", "confirm": "true", "return_url": "https://shop.test/"}
    declined = await simulator.api("POST", "/v1/payment_intents", form | {"payment_method": "pm_card_chargeDeclined"})
    expand = {"expand[0]": "latest_charge.balance_transaction", "expand[1]": "payment_method", "capture_method": "automatic"}
    paid = await simulator.api("POST", "/v1/payment_intents", form | expand | {"payment_method": "pm_card_visa"})
    assert document.validate_response("error", declined.json()) == []
    assert document.validate_response("payment_intent", paid.json()) == []
    assert paid.json()["latest_charge"]["balance_transaction"]["fee"] == 59


@pytest.mark.parametrize(
    ("body", "valid"),
    [
        ("amount=1000&currency=usd&metadata[a]=b&automatic_payment_methods[enabled]=true", True),
        ("amount=1000&currency=usd&expand[0]=latest_charge&off_session=recurring", True),
        ("amount=1000&currency=usd&payment_method_types[0]=card", False),
        ("amount=ten&currency=usd", False),
        ("currency=usd", False),
        ("amount=1000&currency=usd&capture_method=later", False),
        ("amount=1000&currency=usd&shipping[address][planet]=mars", False),
    ],
)
async def test_simulator_and_document_refuse_the_same_requests(
    simulator: SimulatorProcess, document: Document, body: str, valid: bool
) -> None:
    fields = dict(field.split("=") for field in body.split("&"))
    response = await simulator.api("POST", "/v1/payment_intents", fields)
    assert (document.validate_request("POST", "/v1/payment_intents", body=body) == []) is valid
    assert (response.status_code != 400) is valid or "confirm=true" in response.json()["error"]["message"]


def test_committed_contract_is_generated_from_the_document(document: Document) -> None:
    folder = ROOT / "deploy" / "stripe_simulator" / "contract"
    for name, text in generate.rendered(document.content).items():
        assert json.loads((folder / name).read_text()) == json.loads(text), f"{name}: run contract/generate.py"
