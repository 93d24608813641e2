"""Refunds: partial, pending, failing, refused."""

from typing import Any

import pytest
import stripe

from tests.contract.stripe.payments import event_types, purchase
from tests.contract.stripe.simulator_process import SimulatorProcess, eventually


async def _paid(api: Any, method: str = "pm_card_visa") -> Any:
    return await api.payment_intents.create_async(purchase(method, capture_method="automatic"))


async def _status(api: Any, refund: str, status: str) -> Any:
    async def reached() -> Any:
        found = await api.refunds.retrieve_async(refund)
        return found if found.status == status else None

    return await eventually(reached)


async def test_refund_gives_the_money_back_but_not_the_fee(simulator: SimulatorProcess, api: Any) -> None:
    intent = await _paid(api)
    part = await api.refunds.create_async({"payment_intent": intent.id, "amount": 400, "expand": ["balance_transaction"]})
    assert (part.status, part.balance_transaction.net, part.balance_transaction.fee) == ("succeeded", -400, 0)
    await api.refunds.create_async({"charge": intent.latest_charge})
    charge = await api.charges.retrieve_async(intent.latest_charge, {"expand": ["refunds"]})
    assert (charge.amount_refunded, charge.refunded, [refund.amount for refund in charge.refunds.data]) == (1000, True, [600, 400])
    usd = (await simulator.control("GET", "totals"))["currencies"]["usd"]
    assert (usd["charged_amount"], usd["refunded_amount"], usd["fee_amount"], usd["net_amount"]) == (1000, 1000, 59, -59)


async def test_refund_is_told_in_order(simulator: SimulatorProcess, api: Any) -> None:
    intent = await _paid(api)
    await simulator.control("POST", "clock/advance", seconds=1)
    refund = await api.refunds.create_async({"payment_intent": intent.id, "amount": 400})
    await simulator.control("POST", "clock/advance", seconds=1)
    assert (await event_types(api))[3:] == ["refund.created", "charge.refunded", "refund.updated", "charge.refund.updated"]
    told = (await api.events.list_async({"type": "charge.refunded"})).data[0]
    assert told.data.previous_attributes["amount_refunded"] == 0
    assert (await api.refunds.retrieve_async(refund.id)).destination_details.card.reference_status == "available"


async def test_pending_refund_succeeds_later(simulator: SimulatorProcess, api: Any) -> None:
    intent = await _paid(api, "pm_card_pendingRefund")
    refund = await api.refunds.create_async({"payment_intent": intent.id})
    assert refund.status == "pending"
    await _status(api, refund.id, "succeeded")


async def test_failing_refund_puts_the_money_back(simulator: SimulatorProcess, api: Any) -> None:
    intent = await _paid(api, "pm_card_refundFail")
    refund = await api.refunds.create_async({"payment_intent": intent.id})
    assert refund.status == "succeeded"
    refund = await _status(api, refund.id, "failed")
    assert refund.failure_reason == "expired_or_canceled_card"
    back = await api.balance_transactions.retrieve_async(refund.failure_balance_transaction)
    assert (back.type, back.net) == ("refund_failure", 1000)
    assert (await api.charges.retrieve_async(intent.latest_charge)).amount_refunded == 0
    assert (await simulator.control("GET", "totals"))["currencies"]["usd"]["net_amount"] == 941


async def test_refund_beyond_the_rest_is_refused(api: Any) -> None:
    intent = await _paid(api)
    await api.refunds.create_async({"payment_intent": intent.id, "amount": 400})
    message = r"Refund amount \(\$9\.00\) is greater than unrefunded amount on charge \(\$6\.00\)"
    with pytest.raises(stripe.InvalidRequestError, match=message) as refusal:
        await api.refunds.create_async({"payment_intent": intent.id, "amount": 900})
    assert refusal.value.param == "amount"


async def test_second_full_refund_is_refused(api: Any) -> None:
    intent = await _paid(api)
    await api.refunds.create_async({"payment_intent": intent.id})
    with pytest.raises(stripe.InvalidRequestError, match="has already been refunded") as refusal:
        await api.refunds.create_async({"payment_intent": intent.id})
    assert refusal.value.code == "charge_already_refunded"


async def test_unpaid_intent_cannot_be_refunded(api: Any) -> None:
    intent = await api.payment_intents.create_async({"amount": 1000, "currency": "usd"})
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        await api.refunds.create_async({"payment_intent": intent.id})
