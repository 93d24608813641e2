"""Disputes: the bank takes a charge back, or asks first; evidence decides, by Stripe's magic words.

needs_response → under_review → won | lost;  warning_needs_response → warning_under_review → warning_closed | needs_response
"""

from deploy.stripe_simulator import ids
from deploy.stripe_simulator.errors import refused
from deploy.stripe_simulator.jsons import Json
from deploy.stripe_simulator.listing import page
from deploy.stripe_simulator.resources import balance_transactions, refunds
from deploy.stripe_simulator.resources.fields import assign
from deploy.stripe_simulator.work import Work

KIND = "dispute"
URL = "/v1/disputes"
OPEN = ("needs_response", "under_review", "warning_needs_response", "warning_under_review")
LEGAL = {
    "needs_response": ("under_review", "won", "lost"),
    "under_review": ("won", "lost"),
    "warning_needs_response": ("warning_under_review", "warning_closed", "needs_response"),
    "warning_under_review": ("warning_closed", "needs_response"),
}
VERDICTS = {"winning_evidence": "won", "losing_evidence": "lost"}
ESCALATION = "escalate_inquiry_evidence"
DAY_SECONDS = 86_400.0
EVIDENCE = (
    "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure cancellation_rebuttal"
    " customer_communication customer_email_address customer_name customer_purchase_ip customer_signature"
    " duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id product_description receipt"
    " refund_policy refund_policy_disclosure refund_refusal_explanation service_date service_documentation"
    " shipping_address shipping_carrier shipping_date shipping_documentation shipping_tracking_number uncategorized_file"
    " uncategorized_text"
).split()


def opened(work: Work, charge_id: str, reason: str, status: str, amount: int | None = None) -> Json:
    """The bank opens a dispute; an inquiry (`warning_needs_response`) moves no money."""
    charge = work.tx.get("charge", charge_id, "charge")
    if not charge["captured"] or status not in ("needs_response", "warning_needs_response"):
        raise refused(f"Charge {charge_id} cannot be disputed as {status}.")
    dispute = _blank(work, charge, reason, status, amount or charge["amount_captured"])
    work.put(dispute)
    work.emit("charge.dispute.created", dispute)
    charge, previous = work.change("charge", charge_id, disputed=True)
    if status == "needs_response":
        _withdraw(work, dispute)
    work.emit("charge.updated", charge, previous)
    work.plan(work.settings.dispute_days * DAY_SECONDS, "end_dispute_unanswered", dispute=dispute["id"])
    return dispute


def escalated(work: Work, dispute_id: str) -> Json:
    """An inquiry becomes a chargeback."""
    dispute, previous = _move(work, dispute_id, "needs_response")
    work.emit("charge.dispute.updated", dispute, previous)
    _withdraw(work, dispute)
    return dispute


def closed(work: Work, dispute_id: str, outcome: str) -> Json:
    """The bank's last word: won, lost or, for an inquiry, warning_closed."""
    dispute, _ = _move(work, dispute_id, outcome)
    work.emit("charge.dispute.closed", dispute)
    if outcome == "won":
        _reinstate(work, dispute)
    return dispute


def retrieve(work: Work, values: Json, dispute_id: str) -> Json:
    return work.tx.get(KIND, dispute_id, "dispute")


def list_all(work: Work, values: Json) -> Json:
    return page(work, KIND, URL, values)


def update(work: Work, values: Json, dispute_id: str) -> Json:
    """Give evidence; unless `submit=false` the bank gets it now and decides after the dispute delay."""
    dispute = work.tx.get(KIND, dispute_id, "dispute")
    if dispute["status"] not in OPEN:
        raise refused("This dispute is already closed", "dispute_already_closed")
    before = assign(dispute, values, ())
    evidence = {name: value for name, value in (values.get("evidence") or {}).items() if name in EVIDENCE}
    if evidence:
        before["evidence"] = dispute["evidence"]
        dispute["evidence"] = dispute["evidence"] | evidence
        dispute["evidence_details"]["has_evidence"] = True
    if evidence and values.get("submit", True):
        before["status"] = dispute["status"]
        _submit(work, dispute)
    work.put(dispute)
    work.emit("charge.dispute.updated", dispute, before)
    return dispute


def close(work: Work, values: Json, dispute_id: str) -> Json:
    """The merchant gives in."""
    dispute = work.tx.get(KIND, dispute_id, "dispute")
    if dispute["status"] not in ("needs_response", "warning_needs_response"):
        raise refused("This dispute is already closed", "dispute_already_closed")
    return closed(work, dispute_id, "lost" if dispute["status"] == "needs_response" else "warning_closed")


def decide(work: Work, dispute: str, verdict: str) -> None:
    """What the evidence's text asked for, unless the bank has decided otherwise meanwhile."""
    status = work.tx.get(KIND, dispute)["status"]
    if status not in ("under_review", "warning_under_review"):
        return
    if verdict == ESCALATION:
        if status == "warning_under_review":
            escalated(work, dispute)
        return
    closed(work, dispute, "warning_closed" if status == "warning_under_review" else verdict)


def end_unanswered(work: Work, dispute: str) -> None:
    """The deadline has passed without an answer."""
    value = work.tx.get(KIND, dispute)
    if value["status"] in ("needs_response", "warning_needs_response"):
        value["evidence_details"]["past_due"] = True
        work.put(value)
        closed(work, dispute, "lost" if value["status"] == "needs_response" else "warning_closed")


def _submit(work: Work, dispute: Json) -> None:
    inquiry = dispute["status"].startswith("warning_")
    dispute["status"] = "warning_under_review" if inquiry else "under_review"
    dispute["evidence_details"]["submission_count"] += 1
    dispute["evidence_details"]["submission_method"] = "manual"
    if fee := work.settings.dispute_countered_fee_amount:
        _book_fee(work, dispute, fee, "Dispute countered fee")
    text = dispute["evidence"]["uncategorized_text"]
    verdict = ESCALATION if text == ESCALATION else VERDICTS.get(text)
    if verdict:
        work.plan(work.settings.dispute_delay_seconds, "decide_dispute", dispute=dispute["id"], verdict=verdict)


def _move(work: Work, dispute_id: str, status: str) -> tuple[Json, Json]:
    dispute = work.tx.get(KIND, dispute_id, "dispute")
    if status not in LEGAL.get(dispute["status"], ()):
        raise refused(f"A dispute that is {dispute['status']} cannot become {status}.")
    details = dispute["payment_method_details"]
    details["card"]["case_type"] = "inquiry" if status.startswith("warning_") else "chargeback"
    refundable = status in ("warning_closed", "warning_under_review", "won")
    return work.change(KIND, dispute_id, status=status, payment_method_details=details, is_charge_refundable=refundable)


def _withdraw(work: Work, dispute: Json) -> None:
    """Take the money and the fee from the account; refunds that had not left yet fail."""
    refunds.fail_unsent(work, dispute["charge"])
    fee = work.settings.dispute_fee_amount
    _book(work, dispute, -dispute["amount"], "dispute", fee)
    work.emit("charge.dispute.funds_withdrawn", dispute)


def _reinstate(work: Work, dispute: Json) -> None:
    _book(work, dispute, dispute["amount"], "dispute_reversal", 0)
    work.emit("charge.dispute.funds_reinstated", dispute)
    if fee := work.settings.dispute_countered_fee_amount:
        _book_fee(work, dispute, -fee, "Dispute countered fee returned")


def _book(work: Work, dispute: Json, amount: int, category: str, fee: int) -> None:
    entry = balance_transactions.record(
        work,
        "adjustment",
        dispute["id"],
        amount,
        dispute["currency"],
        category=category,
        fee=fee,
        fee_description="Dispute fee",
        description=f"Chargeback {'withdrawal' if amount < 0 else 'reversal'} for {dispute['charge']}",
    )
    dispute["balance_transactions"].append(entry)
    work.put(dispute)


def _book_fee(work: Work, dispute: Json, fee: int, description: str) -> None:
    balance_transactions.record(work, "stripe_fee", dispute["id"], -fee, dispute["currency"], category="fee", description=description)


def _blank(work: Work, charge: Json, reason: str, status: str, amount: int) -> Json:
    inquiry = status == "warning_needs_response"
    brand = charge["payment_method_details"]["card"]["brand"]
    return {
        "id": ids.mint(KIND),
        "object": KIND,
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": work.now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": dict.fromkeys(EVIDENCE) | {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": int(work.now() + work.settings.dispute_days * DAY_SECONDS),
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "type": "card",
            "card": {
                "brand": brand,
                "case_type": "inquiry" if inquiry else "chargeback",
                "network": brand,
                "network_reason_code": "10.4" if reason == "fraudulent" else "13.1",
            },
        },
        "reason": reason,
        "status": status,
    }


def open_planned(work: Work, charge: str, reason: str, status: str) -> None:
    """What a test card has in store."""
    opened(work, charge, reason, status)


ROUTES = {
    "GET /v1/disputes": list_all,
    "GET /v1/disputes/{dispute}": retrieve,
    "POST /v1/disputes/{dispute}": update,
    "POST /v1/disputes/{dispute}/close": close,
}
TASKS = {"open_dispute": open_planned, "decide_dispute": decide, "end_dispute_unanswered": end_unanswered}
