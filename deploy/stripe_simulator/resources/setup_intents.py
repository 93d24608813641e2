"""SetupIntents: saving a card for later, with the buyer's authentication but without money."""

from deploy.stripe_simulator import ids
from deploy.stripe_simulator.cards import Card
from deploy.stripe_simulator.errors import StripeError, refused
from deploy.stripe_simulator.jsons import Json
from deploy.stripe_simulator.listing import page
from deploy.stripe_simulator.resources import attempts, confirmation_tokens, payment_methods
from deploy.stripe_simulator.resources.charges import Refusal
from deploy.stripe_simulator.resources.fields import assign, merged
from deploy.stripe_simulator.work import Work

KIND = "setup_intent"
URL = "/v1/setup_intents"
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
AUTHENTICATION_FAILED = Refusal(
    "setup_intent_authentication_failure",
    None,
    "The latest attempt to set up the payment method has failed because authentication failed.",
)


def create(work: Work, values: Json) -> Json:
    if customer := values.get("customer"):
        work.tx.get("customer", customer, "customer")
    intent = _blank(work, values)
    if not values.get("confirm") and (given := values.get("payment_method")):
        intent["payment_method"] = attempts.method_for(work, intent, {"payment_method": given})["id"]
        intent["status"] = "requires_confirmation"
    work.put(intent, {})
    work.emit("setup_intent.created", intent)
    return _confirm(work, intent, values) if values.get("confirm") else intent


def retrieve(work: Work, values: Json, intent_id: str) -> Json:
    return work.tx.get(KIND, intent_id, "intent")


def update(work: Work, values: Json, intent_id: str) -> Json:
    intent = _open(work, intent_id, "update")
    if customer := values.get("customer"):
        work.tx.get("customer", customer, "customer")
    assign(intent, values, ("customer", "description"))
    if given := values.get("payment_method"):
        intent["payment_method"] = attempts.method_for(work, intent, {"payment_method": given})["id"]
        intent["status"] = "requires_confirmation"
    return work.put(intent)


def confirm(work: Work, values: Json, intent_id: str) -> Json:
    return _confirm(work, _open(work, intent_id, "confirm"), values)


def cancel(work: Work, values: Json, intent_id: str) -> Json:
    intent = _open(work, intent_id, "cancel")
    reason = values.get("cancellation_reason")
    intent |= {"status": "canceled", "cancellation_reason": reason, "next_action": None}
    work.put(intent)
    work.emit("setup_intent.canceled", intent)
    return intent


def list_all(work: Work, values: Json) -> Json:
    return page(work, KIND, URL, values)


def authenticate(work: Work, intent_id: str, *, succeeded: bool) -> Json:
    """The buyer's part of 3-D Secure."""
    intent = work.tx.get(KIND, intent_id, "intent")
    if intent["status"] != "requires_action":
        raise _unexpected(intent, "confirm")
    method = work.tx.get("payment_method", intent["payment_method"])
    intent["next_action"] = None
    if succeeded:
        return _succeed(work, intent, method)
    try:
        return _fail(work, intent, method, AUTHENTICATION_FAILED)
    except StripeError:
        return work.tx.get(KIND, intent_id)


def _confirm(work: Work, intent: Json, values: Json) -> Json:
    if token := values.get("confirmation_token"):
        values = confirmation_tokens.consume(work, token, intent) | values
    hidden = work.tx.hidden(intent["id"]) | {name: values[name] for name in attempts.KEPT_HIDDEN if name in values}
    method = attempts.method_for(work, intent, values)
    attempts.require_return_url(intent, hidden, server_side=True)
    card = payment_methods.card_of(work, method["id"])
    intent |= {"payment_method": method["id"], "last_setup_error": None, "next_action": None}
    work.put(intent, hidden)
    if card.declines and card.declines_when_attached:
        refusal = attempts.refusal_of(card)
        assert refusal is not None, "a card that declines says why"
        return _fail(work, intent, method, refusal)
    if _must_authenticate(card):
        intent |= {"status": "requires_action", "next_action": attempts.next_action(work, intent, hidden)}
        work.put(intent)
        work.emit("setup_intent.requires_action", intent)
        return intent
    return _succeed(work, intent, method)


def _must_authenticate(card: Card) -> bool:
    return card.challenge in ("always", "unless_set_up")


def _succeed(work: Work, intent: Json, method: Json) -> Json:
    attempts.remember(work, method, intent["customer"], intent["usage"])
    intent |= {"status": "succeeded", "latest_attempt": _attempt(work, intent, method, "succeeded", None)}
    work.put(intent)
    work.emit("setup_intent.succeeded", intent)
    return intent


def _fail(work: Work, intent: Json, method: Json, refusal: Refusal) -> Json:
    """Back to `requires_payment_method`; always raises, with the effects kept."""
    error = attempts.error_of(refusal, method, None)
    intent |= {"status": "requires_payment_method", "payment_method": None, "last_setup_error": error}
    intent["latest_attempt"] = _attempt(work, intent, method, "failed", error)
    work.put(intent)
    work.emit("setup_intent.setup_failed", intent)
    details = {name: value for name, value in error.items() if name not in ("type", "code", "message", "doc_url")}
    details["setup_intent"] = intent
    raise StripeError(402, "card_error", refusal.message, refusal.code, details=details, keep_effects=True, stored=True)


def _attempt(work: Work, intent: Json, method: Json, status: str, error: Json | None) -> str:
    identifier = ids.mint("setup_attempt")
    shared = ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
    card = {name: method["card"][name] for name in shared}
    attempt: Json = {
        "id": identifier,
        "object": "setup_attempt",
        "application": None,
        "created": work.now(),
        "customer": intent["customer"],
        "flow_directions": None,
        "livemode": False,
        "on_behalf_of": None,
        "payment_method": method["id"],
        "payment_method_details": {
            "type": "card",
            "card": card | {"network": method["card"]["brand"], "three_d_secure": None, "wallet": None},
        },
        "setup_error": error,
        "setup_intent": intent["id"],
        "status": status,
        "usage": intent["usage"],
    }
    work.put(attempt)
    return identifier


def _blank(work: Work, values: Json) -> Json:
    intent_id = ids.mint(KIND)
    automatic = values.get("automatic_payment_methods") or {"enabled": True}
    return {
        "id": intent_id,
        "object": KIND,
        "application": None,
        "automatic_payment_methods": {"allow_redirects": "always"} | automatic,
        "cancellation_reason": None,
        "client_secret": attempts.client_secret(intent_id),
        "created": work.now(),
        "customer": values.get("customer"),
        "customer_account": None,
        "description": values.get("description"),
        "excluded_payment_method_types": values.get("excluded_payment_method_types"),
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "mandate": None,
        "metadata": merged({}, values.get("metadata", {})),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"mandate_options": None, "network": None, "request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": values.get("usage", "off_session"),
    }


def _open(work: Work, intent_id: str, verb: str) -> Json:
    intent = work.tx.get(KIND, intent_id, "intent")
    if intent["status"] not in OPEN:
        raise _unexpected(intent, verb)
    return intent


def _unexpected(intent: Json, verb: str) -> StripeError:
    return refused(
        f"You cannot {verb} this SetupIntent because it has a status of {intent['status']}.",
        "setup_intent_unexpected_state",
        details={"setup_intent": intent},
    )


def attempts_of(work: Work, values: Json) -> Json:
    return page(work, "setup_attempt", "/v1/setup_attempts", values)


ROUTES = {
    "POST /v1/setup_intents": create,
    "GET /v1/setup_intents": list_all,
    "GET /v1/setup_intents/{intent}": retrieve,
    "POST /v1/setup_intents/{intent}": update,
    "POST /v1/setup_intents/{intent}/confirm": confirm,
    "POST /v1/setup_intents/{intent}/cancel": cancel,
    "GET /v1/setup_attempts": attempts_of,
}
