"""PaymentMethods: cards, made from numbers or from test tokens, attached to customers or used once."""

import hashlib
from datetime import UTC, datetime

from deploy.stripe_simulator import cards, ids
from deploy.stripe_simulator.cards import Card
from deploy.stripe_simulator.errors import StripeError, invalid, missing, refused
from deploy.stripe_simulator.jsons import Json
from deploy.stripe_simulator.listing import page
from deploy.stripe_simulator.resources.fields import assign, billing_details, merged
from deploy.stripe_simulator.work import Work

KIND = "payment_method"
URL = "/v1/payment_methods"


def create(work: Work, values: Json) -> Json:
    if values.get("payment_method"):
        raise invalid("Cloning a PaymentMethod is not simulated.", param="payment_method")
    if values.get("type") != "card":
        raise invalid("Only PaymentMethods of type card are simulated.", param="type")
    details = values.get("card")
    if not details:
        raise invalid("Missing required param: card.", "parameter_missing", "card")
    if token := details.get("token"):
        if not token.startswith("tok_") or token not in cards.BY_TOKEN:
            raise missing("token", token, "card[token]")
        return new(work, cards.BY_TOKEN[token], values)
    return _from_number(work, values, details)


def new(work: Work, card: Card, values: Json, exp_month: int = 8, exp_year: int | None = None) -> Json:
    """A PaymentMethod for a card; its number stays hidden in the simulator."""
    method: Json = {
        "id": ids.mint(KIND),
        "object": KIND,
        "allow_redisplay": values.get("allow_redisplay", "unspecified"),
        "billing_details": billing_details(values.get("billing_details") or None),
        "card": _card(card, exp_month, exp_year or datetime.fromtimestamp(work.now(), UTC).year + 1),
        "created": work.now(),
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": merged({}, values.get("metadata") or {}),
        "type": "card",
    }
    return work.put(method, {"number": card.number})


def resolve(work: Work, given: str, param: str = "payment_method") -> Json:
    """The PaymentMethod with an id, or a new one from a test token such as `pm_card_visa`."""
    if given in cards.BY_TOKEN and given.startswith("pm_"):
        return new(work, cards.BY_TOKEN[given], {})
    return work.tx.get(KIND, given, param)


def card_of(work: Work, method_id: str) -> Card:
    return cards.with_number(work.tx.hidden(method_id)["number"])


def retrieve(work: Work, values: Json, method_id: str) -> Json:
    return resolve(work, method_id)


def update(work: Work, values: Json, method_id: str) -> Json:
    method = work.tx.get(KIND, method_id, "payment_method")
    before = assign(method, values, ("allow_redisplay",))
    if "billing_details" in values:
        before["billing_details"] = method["billing_details"]
        given = values["billing_details"] or {}
        method["billing_details"] = billing_details(method["billing_details"] | given)
    for name in ("exp_month", "exp_year"):
        if name in (values.get("card") or {}):
            method["card"][name] = values["card"][name]
    work.put(method)
    work.emit("payment_method.updated", method, before)
    return method


def attach(work: Work, values: Json, method_id: str) -> Json:
    customer = values.get("customer")
    if not customer:
        raise invalid("Missing required param: customer.", "parameter_missing", "customer")
    work.tx.get("customer", customer, "customer")
    method = resolve(work, method_id)
    if method["customer"] not in (None, customer):
        raise refused("The payment method you provided has already been attached to a customer.")
    if work.tx.hidden(method["id"]).get("used"):
        raise refused(
            "This PaymentMethod was previously used without being attached to a Customer or was detached from a Customer,"
            " and may not be used again."
        )
    card = card_of(work, method["id"])
    if card.declines and card.declines_when_attached and not card.blocked:
        raise decline(card)
    return attach_to(work, method, customer)


def attach_to(work: Work, method: Json, customer: str) -> Json:
    """Attach without asking the bank, as a successful setup does; already attached is no change."""
    if method["customer"] == customer:
        return method
    method["customer"] = customer
    work.put(method)
    work.emit("payment_method.attached", method)
    return method


def detach(work: Work, values: Json, method_id: str) -> Json:
    method = work.tx.get(KIND, method_id, "payment_method")
    if method["customer"] is None:
        raise refused(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
            param="payment_method",
        )
    customer_id, method["customer"] = method["customer"], None
    work.put(method, work.tx.hidden(method_id) | {"used": True})
    customer = work.tx.find(customer_id)
    if customer and customer["invoice_settings"]["default_payment_method"] == method_id:
        customer["invoice_settings"]["default_payment_method"] = None
        work.put(customer)
    work.emit("payment_method.detached", method, {"customer": customer_id})
    return method


def list_all(work: Work, values: Json) -> Json:
    if "customer" not in values:
        return page(work, KIND, URL, values)
    work.tx.get("customer", values["customer"], "customer")
    return page(work, KIND, URL, values)


def list_of_customer(work: Work, values: Json, customer_id: str) -> Json:
    work.tx.get("customer", customer_id, "customer")
    return page(work, KIND, f"/v1/customers/{customer_id}/payment_methods", values, customer=customer_id)


def retrieve_of_customer(work: Work, values: Json, customer_id: str, method_id: str) -> Json:
    work.tx.get("customer", customer_id, "customer")
    method = work.tx.get(KIND, method_id, "payment_method")
    if method["customer"] != customer_id:
        raise missing(KIND, method_id, "payment_method")
    return method


def decline(card: Card, *, stored: bool = True) -> StripeError:
    """402 for a card that the bank refuses outside a payment."""
    code = card.code or "card_declined"
    details: Json = {} if code != "card_declined" else {"decline_code": card.decline_code}
    text = cards.message(code, card.decline_code)
    return StripeError(402, "card_error", text, code, details=details, stored=stored, keep_effects=stored)


def _from_number(work: Work, values: Json, details: Json) -> Json:
    for name in ("number", "exp_month", "exp_year"):
        if name not in details:
            raise invalid(f"Missing required param: card[{name}].", "parameter_missing", f"card[{name}]")
    cards.check_expiry(details, datetime.fromtimestamp(work.now(), UTC).year)
    card = cards.with_number(details["number"])
    if card.code == "incorrect_number":
        raise decline(card, stored=False)
    return new(work, card, values, details["exp_month"], details["exp_year"] % 100 + 2000)


def _card(card: Card, exp_month: int, exp_year: int) -> Json:
    return {
        "brand": card.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": card.postal_code_check if card.postal_code_check != "pass" else None,
            "cvc_check": card.cvc_check,
        },
        "country": card.country,
        "display_brand": card.brand,
        "exp_month": exp_month,
        "exp_year": exp_year,
        # Equal for the same number, as Stripe promises.
        "fingerprint": hashlib.sha256(card.number.encode()).hexdigest()[:16],
        "funding": "credit",
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


ROUTES = {
    "POST /v1/payment_methods": create,
    "GET /v1/payment_methods": list_all,
    "GET /v1/payment_methods/{payment_method}": retrieve,
    "POST /v1/payment_methods/{payment_method}": update,
    "POST /v1/payment_methods/{payment_method}/attach": attach,
    "POST /v1/payment_methods/{payment_method}/detach": detach,
    "GET /v1/customers/{customer}/payment_methods": list_of_customer,
    "GET /v1/customers/{customer}/payment_methods/{payment_method}": retrieve_of_customer,
}
