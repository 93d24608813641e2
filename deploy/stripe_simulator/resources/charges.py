"""Charges: one attempt each to take money, and its settlement."""

from dataclasses import dataclass

from deploy.stripe_simulator import ids, money
from deploy.stripe_simulator.cards import ADVICE, Card
from deploy.stripe_simulator.jsons import Json
from deploy.stripe_simulator.listing import page, search
from deploy.stripe_simulator.resources import balance_transactions, payment_methods
from deploy.stripe_simulator.resources.fields import assign
from deploy.stripe_simulator.work import Work

KIND = "charge"
URL = "/v1/charges"
UNUSED = (
    "application",
    "application_fee",
    "application_fee_amount",
    "balance_transaction",
    "failure_balance_transaction",
    "failure_code",
    "failure_message",
    "receipt_number",
    "receipt_url",
    "review",
    "source",
    "source_transfer",
)
COPIED = (
    "customer",
    "description",
    "on_behalf_of",
    "receipt_email",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_data",
    "transfer_group",
)


@dataclass(slots=True, frozen=True)
class Refusal:
    """Why the bank said no."""

    code: str
    decline_code: str | None
    message: str


def attempt(work: Work, intent: Json, method: Json, card: Card, refusal: Refusal | None, authenticated: bool) -> Json:
    """Write the charge of an attempt, its event, and what a test card has in store for later."""
    captured = refusal is None and intent["capture_method"] != "manual"
    charge: Json = {
        "id": ids.mint(KIND),
        "object": KIND,
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if captured else 0,
        "amount_refunded": 0,
        **dict.fromkeys(UNUSED),
        **{name: intent[name] for name in COPIED},
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": intent["statement_descriptor"] or "SIMULATOR",
        "captured": captured,
        "created": work.now(),
        "currency": intent["currency"],
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "metadata": intent["metadata"],
        "outcome": _outcome(card, refusal),
        "paid": refusal is None,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _details(method, intent["amount"], refusal is None, authenticated),
        "refunded": False,
        "status": "failed" if refusal else "succeeded",
    }
    if refusal:
        charge |= {"failure_code": refusal.code, "failure_message": refusal.message}
    work.put(charge)
    if refusal:
        work.emit("charge.failed", charge)
    elif captured:
        settle_or_plan(work, charge, intent["capture_method"], card)
        charge = work.tx.get(KIND, charge["id"])
    if not refusal:
        work.emit("charge.succeeded", charge)
    if captured:
        plan_consequences(work, charge["id"], card)
    return charge


def settle_or_plan(work: Work, charge: Json, capture_method: str, card: Card) -> None:
    """`capture_method=automatic` books at once; otherwise the balance transaction comes with `charge.updated`."""
    if capture_method == "automatic":
        charge["balance_transaction"] = _book(work, charge, card)
        work.put(charge)
    else:
        work.plan(work.settings.settle_delay_seconds, "settle_charge", charge=charge["id"])


def settle(work: Work, charge: str) -> None:
    """Book a charge and say so."""
    value = work.tx.get(KIND, charge)
    booked = _book(work, value, payment_methods.card_of(work, value["payment_method"]))
    value, previous = work.change(KIND, charge, balance_transaction=booked)
    work.emit("charge.updated", value, previous)


def plan_consequences(work: Work, charge_id: str, card: Card) -> None:
    """What some test cards do to a captured charge."""
    for consequence in card.later:
        verb, *details = consequence.split(":")
        if verb == "dispute":
            reason, status = details
            delay = work.settings.dispute_delay_seconds
            work.plan(delay, "open_dispute", charge=charge_id, reason=reason, status=status)
        else:
            work.plan(work.settings.dispute_delay_seconds, "warn_of_fraud", charge=charge_id)


def retrieve(work: Work, values: Json, charge_id: str) -> Json:
    return work.tx.get(KIND, charge_id, "charge")


def update(work: Work, values: Json, charge_id: str) -> Json:
    charge = work.tx.get(KIND, charge_id, "charge")
    before = assign(charge, values, ("description", "receipt_email", "shipping", "transfer_group"))
    work.put(charge)
    work.emit("charge.updated", charge, before)
    return charge


def list_all(work: Work, values: Json) -> Json:
    return page(work, KIND, URL, values)


def find(work: Work, values: Json) -> Json:
    return search(work, KIND, f"{URL}/search", values)


def _book(work: Work, charge: Json, card: Card) -> str:
    """The id of the charge's balance transaction; a partial capture books the rest back."""
    captured, currency, description = charge["amount_captured"], charge["currency"], charge["description"]
    booked = balance_transactions.record(
        work,
        "charge",
        charge["id"],
        charge["amount"],
        currency,
        fee=money.fee(captured, card, work.settings),
        description=description,
        at_once=card.funds_at_once,
    )
    if rest := charge["amount"] - captured:
        balance_transactions.record(work, "refund", charge["id"], -rest, currency, description=description, at_once=card.funds_at_once)
    identifier: str = booked["id"]
    return identifier


def _outcome(card: Card, refusal: Refusal | None) -> Json:
    outcome: Json = {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": "elevated_risk_level" if card.risk_level == "elevated" else None,
        "risk_level": card.risk_level,
        "risk_score": {"normal": 20, "elevated": 68, "highest": 90}[card.risk_level],
        "seller_message": "Payment complete.",
        "type": "authorized",
    }
    if refusal is None:
        return outcome
    if card.blocked:
        blocked = {"network_status": "not_sent_to_network", "reason": "highest_risk_level", "type": "blocked"}
        return outcome | blocked | {"seller_message": "Stripe blocked this payment as too risky."}
    return outcome | {
        "advice_code": ADVICE.get(refusal.decline_code or ""),
        "network_decline_code": "01",
        "network_status": "declined_by_network",
        "reason": refusal.decline_code or refusal.code,
        "seller_message": "The bank did not return any further details with this decline.",
        "type": "issuer_declined",
    }


def _details(method: Json, amount: int, paid: bool, authenticated: bool) -> Json:
    card = method["card"]
    shared = ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4", "regulated_status")
    secured = {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": ids.letters(24),
        "version": "2.2.0",
    }
    return {
        "type": "card",
        "card": {
            **{name: card[name] for name in shared},
            "amount_authorized": amount if paid else None,
            "authorization_code": ids.letters(6).upper() if paid else None,
            "extended_authorization": {"status": "disabled"},
            "incremental_authorization": {"status": "unavailable"},
            "installments": None,
            "mandate": None,
            "multicapture": {"status": "unavailable"},
            "network": card["brand"],
            "network_token": {"used": False},
            "network_transaction_id": ids.letters(15) if paid else None,
            "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
            "three_d_secure": secured if authenticated else None,
            "wallet": None,
        },
    }


ROUTES = {
    "GET /v1/charges": list_all,
    "GET /v1/charges/search": find,
    "GET /v1/charges/{charge}": retrieve,
    "POST /v1/charges/{charge}": update,
}
TASKS = {"settle_charge": settle}
