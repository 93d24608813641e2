"""PaymentIntents: one purchase each, through as many attempts as it takes."""

from deploy.stripe_simulator import ids, money
from deploy.stripe_simulator.errors import StripeError, invalid, refused
from deploy.stripe_simulator.jsons import Json
from deploy.stripe_simulator.listing import page, search
from deploy.stripe_simulator.resources import attempts, charges, payment_methods
from deploy.stripe_simulator.resources.fields import assign, merged
from deploy.stripe_simulator.work import Work

KIND = "payment_intent"
URL = "/v1/payment_intents"
PLAIN = (
    "description",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
# Which statuses allow which verb.
LEGAL = {
    "confirm": OPEN,
    "update": (*OPEN, "requires_capture"),
    "cancel": (*OPEN, "requires_capture", "processing"),
    "capture": ("requires_capture",),
}


def create(work: Work, values: Json) -> Json:
    currency = values["currency"].lower()
    money.check(values["amount"], currency)
    if customer := values.get("customer"):
        work.tx.get("customer", customer, "customer")
    intent = _blank(work, values, currency)
    if not values.get("confirm"):
        _refuse_without_confirm(values)
        if given := values.get("payment_method"):
            method = attempts.method_for(work, intent, {"payment_method": given})
            intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    work.put(intent, {})
    work.emit("payment_intent.created", intent)
    return attempts.confirm(work, intent, values) if values.get("confirm") else intent


def retrieve(work: Work, values: Json, intent_id: str) -> Json:
    intent = work.tx.get(KIND, intent_id, "intent")
    if values.get("client_secret") not in (None, intent["client_secret"]):
        raise invalid("The client_secret provided does not match this PaymentIntent.", param="client_secret")
    return intent


def update(work: Work, values: Json, intent_id: str) -> Json:
    intent = _in_status(work, intent_id, "update")
    if "amount" in values or "currency" in values:
        changed = {"amount": intent["amount"], "currency": intent["currency"]} | values
        amount, currency = changed["amount"], changed["currency"].lower()
        money.check(amount, currency)
        intent |= {"amount": amount, "currency": currency}
    if customer := values.get("customer"):
        work.tx.get("customer", customer, "customer")
        intent["customer"] = customer
    assign(intent, values, PLAIN)
    if "payment_method_options" in values:
        intent["payment_method_options"] = _options(values)
    if given := values.get("payment_method"):
        intent["payment_method"] = attempts.method_for(work, intent, {"payment_method": given})["id"]
        if intent["status"] == "requires_payment_method":
            intent["status"] = "requires_confirmation"
    return work.put(intent)


def confirm(work: Work, values: Json, intent_id: str) -> Json:
    return attempts.confirm(work, _in_status(work, intent_id, "confirm"), values)


def cancel(work: Work, values: Json, intent_id: str) -> Json:
    intent = _in_status(work, intent_id, "cancel")
    if intent["status"] == "requires_capture":
        charge, previous = work.change("charge", intent["latest_charge"], refunded=True, amount_refunded=intent["amount"])
        work.emit("charge.refunded", charge, previous)
    return _canceled(work, intent, values.get("cancellation_reason"))


def capture(work: Work, values: Json, intent_id: str) -> Json:
    intent = _in_status(work, intent_id, "capture")
    amount: int = values["amount_to_capture"] if "amount_to_capture" in values else intent["amount"]
    if not 1 <= amount <= intent["amount"]:
        raise invalid("The requested capture amount is greater than the authorized amount.", "amount_too_large", "amount_to_capture")
    card = payment_methods.card_of(work, intent["payment_method"])
    charge, previous = work.change(
        "charge",
        intent["latest_charge"],
        captured=True,
        amount_captured=amount,
        amount_refunded=intent["amount"] - amount,
    )
    charges.settle_or_plan(work, charge, "automatic_async", card)
    work.emit("charge.captured", charge, previous)
    charges.plan_consequences(work, charge["id"], card)
    intent |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
    work.put(intent)
    work.emit("payment_intent.succeeded", intent)
    return intent


def list_all(work: Work, values: Json) -> Json:
    return page(work, KIND, URL, values)


def find(work: Work, values: Json) -> Json:
    return search(work, KIND, f"{URL}/search", values)


def authenticate(work: Work, intent_id: str, *, succeeded: bool) -> Json:
    """The buyer's part of 3-D Secure."""
    intent = work.tx.get(KIND, intent_id, "intent")
    if intent["status"] != "requires_action":
        raise _unexpected(intent, "confirm")
    return attempts.authenticate(work, intent, succeeded=succeeded)


def expire_hold(work: Work, intent: str) -> None:
    """An authorisation that nobody captured within its days."""
    value = work.tx.get(KIND, intent)
    if value["status"] == "requires_capture":
        charge, previous = work.change("charge", value["latest_charge"], refunded=True, amount_refunded=value["amount"])
        work.emit("charge.expired", charge, previous)
        _canceled(work, value, "automatic")


def _blank(work: Work, values: Json, currency: str) -> Json:
    intent_id = ids.mint(KIND)
    automatic = values.get("automatic_payment_methods") or {"enabled": True}
    intent: Json = {
        "id": intent_id,
        "object": KIND,
        "allowed_payment_method_types": values.get("allowed_payment_method_types"),
        "amount": values["amount"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": {"allow_redirects": "always"} | automatic,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": values.get("capture_method", "automatic_async"),
        "client_secret": attempts.client_secret(intent_id),
        "confirmation_method": values.get("confirmation_method", "automatic"),
        "created": work.now(),
        "currency": currency,
        "customer": values.get("customer"),
        "customer_account": None,
        **{name: values.get(name) for name in PLAIN},
        "excluded_payment_method_types": values.get("excluded_payment_method_types"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": merged({}, values.get("metadata", {})),
        "next_action": None,
        "on_behalf_of": values.get("on_behalf_of"),
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": _options(values),
        "payment_method_types": ["card"],
        "processing": None,
        "review": None,
        "source": None,
        "status": "requires_payment_method",
        "transfer_data": None,
    }
    _check_card_allowed(intent)
    return intent


def _options(values: Json) -> Json:
    given = (values.get("payment_method_options") or {}).get("card") or {}
    secure = given.get("request_three_d_secure", "automatic")
    return {"card": {"installments": None, "mandate_options": None, "network": None, "request_three_d_secure": secure}}


def _check_card_allowed(intent: Json) -> None:
    allowed, excluded = intent["allowed_payment_method_types"], intent["excluded_payment_method_types"]
    if (allowed and "card" not in allowed) or (excluded and "card" in excluded):
        raise invalid("Only payment methods of type card are simulated.", param="allowed_payment_method_types")


def _refuse_without_confirm(values: Json) -> None:
    for name in ("off_session", "return_url", "error_on_requires_action", "confirmation_token", "mandate_data"):
        if name in values:
            raise invalid(f"You can only specify `{name}` if `confirm=true`.", param=name)


def _in_status(work: Work, intent_id: str, verb: str) -> Json:
    intent = work.tx.get(KIND, intent_id, "intent")
    if intent["status"] not in LEGAL[verb]:
        raise _unexpected(intent, verb)
    return intent


def _unexpected(intent: Json, verb: str) -> StripeError:
    participle = {"confirm": "confirmed", "update": "updated", "cancel": "canceled", "capture": "captured"}[verb]
    return refused(
        f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}. Only a PaymentIntent with one"
        f" of the following statuses may be {participle}: {', '.join(LEGAL[verb])}.",
        "payment_intent_unexpected_state",
        details={"payment_intent": intent},
    )


def _canceled(work: Work, intent: Json, reason: str | None) -> Json:
    intent |= {
        "status": "canceled",
        "canceled_at": work.now(),
        "cancellation_reason": reason,
        "amount_capturable": 0,
        "next_action": None,
    }
    work.put(intent)
    work.emit("payment_intent.canceled", intent)
    return intent


ROUTES = {
    "POST /v1/payment_intents": create,
    "GET /v1/payment_intents": list_all,
    "GET /v1/payment_intents/search": find,
    "GET /v1/payment_intents/{intent}": retrieve,
    "POST /v1/payment_intents/{intent}": update,
    "POST /v1/payment_intents/{intent}/confirm": confirm,
    "POST /v1/payment_intents/{intent}/cancel": cancel,
    "POST /v1/payment_intents/{intent}/capture": capture,
}
TASKS = {"expire_hold": expire_hold}
