"""Confirming a PaymentIntent: which card, whether the buyer must authenticate, what the bank says, what follows."""

from deploy.stripe_simulator import cards, ids
from deploy.stripe_simulator.cards import ADVICE, Card
from deploy.stripe_simulator.errors import DOC_URL, StripeError, invalid, refused
from deploy.stripe_simulator.jsons import Json
from deploy.stripe_simulator.resources import charges, confirmation_tokens, declines, payment_methods
from deploy.stripe_simulator.resources.charges import Refusal
from deploy.stripe_simulator.work import Work

AUTHENTICATION_FAILED = Refusal(
    "payment_intent_authentication_failure",
    None,
    "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to"
    " attempt to fulfill this PaymentIntent again.",
)
AUTHENTICATION_REQUIRED = Refusal("authentication_required", "authentication_required", cards.MESSAGES["authentication_required"])
REDIRECTS = (
    "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these payment"
    " methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want to accept"
    " redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and"
    " `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents."
)
KEPT_HIDDEN = ("return_url", "use_stripe_sdk")


def confirm(work: Work, intent: Json, values: Json) -> Json:
    """One attempt. Raises 402 with the PaymentIntent in it when the card is declined."""
    _take_token(work, intent, values)
    hidden = work.tx.hidden(intent["id"]) | {name: values[name] for name in KEPT_HIDDEN if name in values}
    if "setup_future_usage" in values:
        intent["setup_future_usage"] = values["setup_future_usage"] or None
    off_session = values.get("off_session") not in (None, False)
    method = method_for(work, intent, values)
    require_return_url(intent, hidden, server_side=not off_session)
    card = payment_methods.card_of(work, method["id"])
    intent |= {"payment_method": method["id"], "last_payment_error": None, "next_action": None}
    work.put(intent, hidden)
    if not needs_challenge(work, intent, method, card, off_session=off_session):
        return _charge(work, intent, method, card, authenticated=False)
    if off_session:
        return _fail(work, intent, method, card, AUTHENTICATION_REQUIRED, with_charge=True)
    if values.get("error_on_requires_action"):
        return _fail(work, intent, method, card, AUTHENTICATION_REQUIRED, with_charge=False)
    intent |= {"status": "requires_action", "next_action": next_action(work, intent, hidden)}
    work.put(intent)
    work.emit("payment_intent.requires_action", intent)
    return intent


def authenticate(work: Work, intent: Json, *, succeeded: bool) -> Json:
    """The buyer completed or failed 3-D Secure; a decline is no error here, for nobody waits for this answer."""
    method = work.tx.get("payment_method", intent["payment_method"])
    card = payment_methods.card_of(work, method["id"])
    intent["next_action"] = None
    try:
        if succeeded:
            return _charge(work, intent, method, card, authenticated=True)
        return _fail(work, intent, method, card, AUTHENTICATION_FAILED, with_charge=False)
    except StripeError:
        return work.tx.get("payment_intent", intent["id"])


def method_for(work: Work, intent: Json, values: Json) -> Json:
    """The PaymentMethod of this attempt, which must belong to the intent's customer or to nobody."""
    if data := values.get("payment_method_data"):
        method = payment_methods.create(work, data)
    elif given := values.get("payment_method") or intent["payment_method"]:
        method = payment_methods.resolve(work, given)
    else:
        raise refused(
            f"You cannot confirm this {_spoken(intent)} because it's missing a payment method. You can either update the"
            f" {_spoken(intent)} with a payment method and then confirm it again, or confirm it again directly with a payment"
            " method or ConfirmationToken.",
            f"{intent['object']}_unexpected_state",
            details={intent["object"]: intent},
        )
    if method["customer"] is not None and method["customer"] != intent["customer"]:
        raise refused(
            "The provided PaymentMethod cannot be attached. To reuse a PaymentMethod, you must attach it to a Customer first."
            if intent["customer"]
            else "The payment method you provided is attached to a customer so for security purposes you must provide the"
            " customer in the request.",
            param="payment_method",
        )
    if method["customer"] is None and work.tx.hidden(method["id"]).get("used"):
        raise refused(
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a"
            " connected account without Customer attachment, or was detached from a Customer. It may not be used again.",
            param="payment_method",
        )
    return method


def require_return_url(intent: Json, hidden: Json, *, server_side: bool) -> None:
    """Dynamic payment methods may redirect, so a confirmation on the server must say where to."""
    automatic = intent["automatic_payment_methods"] or {}
    redirects = automatic.get("enabled") and automatic.get("allow_redirects") != "never"
    if server_side and redirects and not hidden.get("return_url") and not hidden.get("use_stripe_sdk"):
        raise invalid(REDIRECTS)


def needs_challenge(work: Work, intent: Json, method: Json, card: Card, *, off_session: bool) -> bool:
    """Whether the buyer must authenticate, by the card's habit and what was asked for."""
    set_up = bool(work.tx.hidden(method["id"]).get("set_up"))
    if card.challenge == "always":
        return True
    if card.challenge == "unless_set_up":
        return not (off_session and set_up)
    if card.challenge == "on_session":
        return not off_session
    asked = ((intent.get("payment_method_options") or {}).get("card") or {}).get("request_three_d_secure")
    return card.challenge == "optional" and not off_session and asked in ("any", "challenge")


def next_action(work: Work, intent: Json, hidden: Json) -> Json:
    """Where the buyer authenticates: a page of this simulator, or the same for Stripe.js."""
    url = f"{work.settings.base_url}/_sim/authenticate/{intent['id']}?client_secret={intent['client_secret']}"
    if return_url := hidden.get("return_url"):
        return {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": url}}
    return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": url, "source": ""}}


def remember(work: Work, method: Json, customer: str | None, usage: str | None) -> None:
    """After a success: attach what shall be used again, mark the rest as used up."""
    if customer and usage:
        payment_methods.attach_to(work, method, customer)
        if usage == "off_session":
            work.tx.hide(method["id"], work.tx.hidden(method["id"]) | {"set_up": True})
    elif method["customer"] is None:
        work.tx.hide(method["id"], work.tx.hidden(method["id"]) | {"used": True})


def refusal_of(card: Card) -> Refusal | None:
    if card.code is None:
        return None
    decline_code = card.decline_code if card.code == "card_declined" else None
    return Refusal(card.code, decline_code, cards.message(card.code, card.decline_code))


def error_of(refusal: Refusal, method: Json, charge_id: str | None) -> Json:
    """`last_payment_error`, `last_setup_error` and the core of the 402."""
    error: Json = {
        "type": "card_error",
        "code": refusal.code,
        "doc_url": DOC_URL + refusal.code.replace("_", "-"),
        "message": refusal.message,
        "payment_method": method,
    }
    if refusal.decline_code:
        error |= {"decline_code": refusal.decline_code, "network_decline_code": "01"}
        if advice := ADVICE.get(refusal.decline_code):
            error["advice_code"] = advice
    if charge_id:
        error["charge"] = charge_id
    return error


def _take_token(work: Work, intent: Json, values: Json) -> None:
    """Replace `confirmation_token` by what it carries."""
    if token := values.pop("confirmation_token", None):
        carried = confirmation_tokens.consume(work, token, intent)
        for name, value in carried.items():
            values.setdefault(name, value)


def _charge(work: Work, intent: Json, method: Json, card: Card, *, authenticated: bool) -> Json:
    refusal = declines.taken(work, method["id"], intent["customer"]) or refusal_of(card)
    if refusal:
        return _fail(work, intent, method, card, refusal, with_charge=True, authenticated=authenticated)
    remember(work, method, intent["customer"], intent["setup_future_usage"])
    charge = charges.attempt(work, intent, method, card, None, authenticated)
    intent["latest_charge"] = charge["id"]
    if intent["capture_method"] == "manual":
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
        work.put(intent)
        work.emit("payment_intent.amount_capturable_updated", intent)
        work.plan(work.settings.hold_days * 86_400.0, "expire_hold", intent=intent["id"])
        return intent
    intent |= {"status": "succeeded", "amount_received": intent["amount"]}
    work.put(intent)
    work.emit("payment_intent.succeeded", intent)
    return intent


def _fail(work: Work, intent: Json, method: Json, card: Card, refusal: Refusal, *, with_charge: bool, authenticated: bool = False) -> Json:
    """Back to `requires_payment_method`; always raises, with the effects kept."""
    charge_id = None
    if with_charge:
        charge_id = charges.attempt(work, intent, method, card, refusal, authenticated)["id"]
        intent["latest_charge"] = charge_id
    error = error_of(refusal, method, charge_id)
    intent |= {"status": "requires_payment_method", "payment_method": None, "next_action": None, "last_payment_error": error}
    work.put(intent)
    work.emit("payment_intent.payment_failed", intent)
    details = {name: error[name] for name in error if name not in ("type", "code", "message", "doc_url")}
    details["payment_intent"] = intent
    param = "cvc" if refusal.code == "incorrect_cvc" else None
    raise StripeError(402, "card_error", refusal.message, refusal.code, param, details, keep_effects=True, stored=True)


def _spoken(intent: Json) -> str:
    return "PaymentIntent" if intent["object"] == "payment_intent" else "SetupIntent"


def client_secret(intent_id: str) -> str:
    return f"{intent_id}_secret_{ids.letters(25)}"
