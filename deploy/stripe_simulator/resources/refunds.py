"""Refunds: money back for a charge; some cards' refunds stay pending or fail later."""

from deploy.stripe_simulator import ids, money
from deploy.stripe_simulator.errors import invalid, refused
from deploy.stripe_simulator.jsons import Json
from deploy.stripe_simulator.listing import page
from deploy.stripe_simulator.resources import balance_transactions, payment_methods
from deploy.stripe_simulator.resources.fields import assign, merged
from deploy.stripe_simulator.work import Work

KIND = "refund"
URL = "/v1/refunds"


def create(work: Work, values: Json) -> Json:
    charge = _refundable(work, values)
    rest = charge["amount"] - charge["amount_refunded"]
    amount = values.get("amount", rest)
    if amount < 1:
        raise invalid("This value must be greater than or equal to 1.", "parameter_invalid_integer", "amount")
    if amount > rest:
        asked, left = money.shown(amount, charge["currency"]), money.shown(rest, charge["currency"])
        raise refused(f"Refund amount ({asked}) is greater than unrefunded amount on charge ({left})", param="amount")
    card = payment_methods.card_of(work, charge["payment_method"])
    refund = _blank(work, values, charge, amount, "pending" if card.refund == "pending" else "succeeded")
    entry = balance_transactions.record(work, "refund", refund["id"], -amount, charge["currency"], description="REFUND FOR CHARGE")
    refund["balance_transaction"] = entry["id"]
    work.put(refund, {"sent": False})
    work.emit("refund.created", refund)
    _count(work, charge, amount, "charge.refunded")
    work.plan(work.settings.refund_delay_seconds, "finish_refund", refund=refund["id"])
    return refund


def retrieve(work: Work, values: Json, refund_id: str) -> Json:
    return work.tx.get(KIND, refund_id, "refund")


def update(work: Work, values: Json, refund_id: str) -> Json:
    refund = work.tx.get(KIND, refund_id, "refund")
    before = assign(refund, values, ())
    work.put(refund)
    _tell(work, refund, before)
    return refund


def cancel(work: Work, values: Json, refund_id: str) -> Json:
    refund = work.tx.get(KIND, refund_id, "refund")
    raise refused(f"You cannot cancel this Refund because it has a status of {refund['status']}.", "refund_not_cancelable")


def list_all(work: Work, values: Json) -> Json:
    return page(work, KIND, URL, values)


def finish(work: Work, refund: str) -> None:
    """The bank has it: it gets its reference, or it fails, as the card wants."""
    value = work.tx.get(KIND, refund)
    if value["status"] == "failed":
        return
    if payment_methods.card_of(work, value["payment_method"]).refund == "fails":
        failed(work, refund, "expired_or_canceled_card")
        return
    card = value["destination_details"]["card"]
    details = {"type": "card", "card": card | {"reference": ids.letters(12), "reference_status": "available"}}
    value, previous = work.change(KIND, refund, status="succeeded", destination_details=details)
    work.tx.hide(refund, {"sent": True})
    _tell(work, value, previous)


def failed(work: Work, refund_id: str, reason: str) -> Json:
    """The money comes back to the account with a transaction of its own."""
    refund = work.tx.get(KIND, refund_id)
    if refund["status"] == "failed":
        return refund
    entry = balance_transactions.record(
        work, "refund_failure", refund_id, refund["amount"], refund["currency"], description="REFUND FAILURE"
    )
    refund, _ = work.change(KIND, refund_id, status="failed", failure_reason=reason, failure_balance_transaction=entry["id"])
    charge = work.tx.get("charge", refund["charge"])
    charge |= {"amount_refunded": charge["amount_refunded"] - refund["amount"], "refunded": False}
    work.put(charge)
    work.emit("refund.failed", refund)
    work.emit("charge.refund.updated", refund)
    return refund


def fail_unsent(work: Work, charge_id: str) -> None:
    """What the bank did not have yet when a chargeback came in."""
    for refund_id in work.tx.ids(KIND, "charge", charge_id):
        if not work.tx.hidden(refund_id)["sent"]:
            failed(work, refund_id, "charge_for_pending_refund_disputed")


def _refundable(work: Work, values: Json) -> Json:
    """The charge that is meant, which must be paid, not disputed and not refunded yet."""
    if given := values.get("payment_intent"):
        intent = work.tx.get("payment_intent", given, "payment_intent")
        if intent["status"] != "succeeded":
            raise refused(
                f"This PaymentIntent ({given}) does not have a successful charge to refund.",
                "payment_intent_unexpected_state",
                "payment_intent",
            )
        charge = work.tx.get("charge", intent["latest_charge"], "charge")
    elif given := values.get("charge"):
        charge = work.tx.get("charge", given, "charge")
    else:
        raise invalid("One of the following params should be provided for this request: payment_intent or charge.")
    if not charge["captured"]:
        raise refused(f"Charge {charge['id']} has not been captured; cannot issue a refund.", "charge_not_refundable")
    if _charged_back(work, charge["id"]):
        raise refused(f"Charge {charge['id']} has been charged back; cannot issue a refund.", "charge_disputed")
    if charge["refunded"]:
        raise refused(f"Charge {charge['id']} has already been refunded.", "charge_already_refunded")
    return charge


def _charged_back(work: Work, charge_id: str) -> bool:
    """A chargeback that is open or lost forbids refunds; an inquiry and a won one do not."""
    disputes = [work.tx.get("dispute", dispute_id) for dispute_id in work.tx.ids("dispute", "charge", charge_id)]
    return any(dispute["status"] in ("needs_response", "under_review", "lost") for dispute in disputes)


def _blank(work: Work, values: Json, charge: Json, amount: int, status: str) -> Json:
    reference = {"reference": None, "reference_status": "pending", "reference_type": "acquirer_reference_number"}
    return {
        "id": ids.mint(KIND),
        "object": KIND,
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": work.now(),
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": {"type": "card", "card": reference | {"type": "refund"}},
        "metadata": merged({}, values.get("metadata") or {}),
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": values.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": status,
        "transfer_reversal": None,
    }


def _count(work: Work, charge: Json, amount: int, event_type: str) -> None:
    refunded = charge["amount_refunded"] + amount
    charge, previous = work.change("charge", charge["id"], amount_refunded=refunded, refunded=refunded == charge["amount"])
    work.emit(event_type, charge, previous)


def _tell(work: Work, refund: Json, previous: Json) -> None:
    work.emit("refund.updated", refund, previous)
    work.emit("charge.refund.updated", refund, previous)


ROUTES = {
    "POST /v1/refunds": create,
    "GET /v1/refunds": list_all,
    "GET /v1/refunds/{refund}": retrieve,
    "POST /v1/refunds/{refund}": update,
    "POST /v1/refunds/{refund}/cancel": cancel,
}
TASKS = {"finish_refund": finish}
