"""Disputes: from test cards and from the bank, lost, won, asked, escalated, forgotten."""

from typing import Any

import pytest
import stripe

from tests.contract.stripe.payments import event_types, purchase
from tests.contract.stripe.simulator_process import SimulatorProcess, eventually

MONTH_SECONDS = 30 * 86_400


async def _disputed(api: Any, method: str = "pm_card_createDispute") -> Any:
    intent = await api.payment_intents.create_async(purchase(method, capture_method="automatic"))

    async def opened() -> Any:
        return (await api.disputes.list_async({"payment_intent": intent.id})).data

    return (await eventually(opened))[0]


async def _net(simulator: SimulatorProcess) -> int:
    net: int = (await simulator.control("GET", "totals"))["currencies"]["usd"]["net_amount"]
    return net


async def _reached(api: Any, dispute: str, status: str) -> Any:
    async def reached() -> Any:
        found = await api.disputes.retrieve_async(dispute)
        return found if found.status == status else None

    return await eventually(reached)


async def test_chargeback_takes_amount_and_fee(simulator: SimulatorProcess, api: Any) -> None:
    dispute = await _disputed(api)
    assert (dispute.status, dispute.reason, dispute.amount) == ("needs_response", "fraudulent", 1000)
    booked = dispute.balance_transactions[0]
    assert (booked.type, booked.reporting_category, booked.fee, booked.net) == ("adjustment", "dispute", 1500, -2500)
    assert await _net(simulator) == 941 - 2500
    assert (await api.charges.retrieve_async(dispute.charge)).disputed is True
    assert (await event_types(api))[3:] == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.updated",
    ]


async def test_charged_back_charge_cannot_be_refunded(api: Any) -> None:
    dispute = await _disputed(api)
    with pytest.raises(stripe.InvalidRequestError, match="has been charged back; cannot issue a refund") as refusal:
        await api.refunds.create_async({"charge": dispute.charge})
    assert refusal.value.code == "charge_disputed"


@pytest.mark.parametrize(
    ("text", "status", "net", "transactions"),
    [("winning_evidence", "won", 941 - 1500, 2), ("losing_evidence", "lost", 941 - 2500, 1)],
)
async def test_evidence_decides(simulator: SimulatorProcess, api: Any, text: str, status: str, net: int, transactions: int) -> None:
    dispute = await _disputed(api)
    answered = await api.disputes.update_async(dispute.id, {"evidence": {"uncategorized_text": text}})
    assert (answered.status, answered.evidence_details.submission_count) == ("under_review", 1)
    closed = await _reached(api, dispute.id, status)
    assert len(closed.balance_transactions) == transactions
    assert await _net(simulator) == net
    told = (await event_types(api))[6:]
    reinstated = ["charge.dispute.funds_reinstated"] if status == "won" else []
    assert told == ["charge.dispute.updated", "charge.dispute.closed", *reinstated]


async def test_inquiry_moves_no_money_and_allows_refunds(simulator: SimulatorProcess, api: Any) -> None:
    inquiry = await _disputed(api, "pm_card_createDisputeInquiry")
    assert (inquiry.status, inquiry.balance_transactions) == ("warning_needs_response", [])
    assert (await api.refunds.create_async({"charge": inquiry.charge, "amount": 100})).status == "succeeded"
    closed = await api.disputes.close_async(inquiry.id)
    assert closed.status == "warning_closed"
    assert await _net(simulator) == 841


async def test_inquiry_becomes_a_chargeback(simulator: SimulatorProcess, api: Any) -> None:
    inquiry = await _disputed(api, "pm_card_createDisputeInquiry")
    await api.disputes.update_async(inquiry.id, {"evidence": {"uncategorized_text": "escalate_inquiry_evidence"}})
    assert len((await _reached(api, inquiry.id, "needs_response")).balance_transactions) == 1
    assert await _net(simulator) == 941 - 2500


async def test_unanswered_dispute_is_lost_at_its_deadline(simulator: SimulatorProcess, api: Any) -> None:
    dispute = await _disputed(api)
    await simulator.control("POST", "clock/advance", seconds=MONTH_SECONDS)
    lost = await api.disputes.retrieve_async(dispute.id)
    assert (lost.status, lost.evidence_details.past_due) == ("lost", True)


async def test_bank_opens_and_closes_disputes(simulator: SimulatorProcess, api: Any) -> None:
    intent = await api.payment_intents.create_async(purchase(capture_method="automatic"))
    dispute = await simulator.control(
        "POST", "bank/disputes", charge=intent.latest_charge, reason="duplicate", status="warning_needs_response"
    )
    escalated = await simulator.control("POST", "bank/disputes/escalate", dispute=dispute["id"])
    assert escalated["status"] == "needs_response"
    await simulator.control("POST", "bank/disputes/close", dispute=dispute["id"], outcome="won")
    assert (await api.disputes.retrieve_async(dispute["id"])).status == "won"
    response = await simulator.http.post("/_sim/bank/disputes/close", json={"dispute": dispute["id"], "outcome": "lost"})
    assert response.status_code == 400


async def test_refund_that_had_not_left_fails_when_the_chargeback_comes(simulator: SimulatorProcess, api: Any) -> None:
    await simulator.control("POST", "settings", refund_delay_ms=60_000)
    intent = await api.payment_intents.create_async(purchase(capture_method="automatic"))
    refund = await api.refunds.create_async({"payment_intent": intent.id})
    await simulator.control("POST", "settings", refund_delay_ms=20)
    await simulator.control("POST", "bank/disputes", charge=intent.latest_charge)
    after = await api.refunds.retrieve_async(refund.id)
    assert (after.status, after.failure_reason) == ("failed", "charge_for_pending_refund_disputed")
    assert await _net(simulator) == 941 - 2500


async def test_multiple_disputes_and_fraud_warning(api: Any) -> None:
    await _disputed(api, "pm_card_createMultipleDisputes")
    await api.payment_intents.create_async(purchase("pm_card_createIssuerFraudRecord"))

    async def told() -> bool:
        types = await event_types(api)
        return types.count("charge.dispute.created") == 2 and "radar.early_fraud_warning.created" in types

    assert await eventually(told)
