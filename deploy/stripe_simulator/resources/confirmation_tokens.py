"""ConfirmationTokens: what a buyer entered on a page, used once to confirm an intent on the server."""

from deploy.stripe_simulator import ids
from deploy.stripe_simulator.errors import invalid, refused
from deploy.stripe_simulator.jsons import Json
from deploy.stripe_simulator.resources import payment_methods
from deploy.stripe_simulator.work import Work

KIND = "confirmation_token"
LIFETIME_SECONDS = 12 * 3600


def create(work: Work, values: Json) -> Json:
    if data := values.get("payment_method_data"):
        method = payment_methods.create(work, data)
    elif given := values.get("payment_method"):
        method = payment_methods.resolve(work, given)
    else:
        raise invalid("Missing required param: payment_method.", "parameter_missing", "payment_method")
    preview = ("allow_redisplay", "billing_details", "card", "customer", "customer_account", "type")
    token: Json = {
        "id": ids.mint(KIND),
        "object": KIND,
        "created": work.now(),
        "expires_at": work.now() + LIFETIME_SECONDS,
        "livemode": False,
        "mandate_data": None,
        "payment_intent": None,
        "payment_method_options": None,
        "payment_method_preview": {name: method[name] for name in preview},
        "return_url": values.get("return_url"),
        "setup_future_usage": values.get("setup_future_usage"),
        "setup_intent": None,
        "shipping": values.get("shipping") or None,
        "use_stripe_sdk": True,
    }
    return work.put(token, {"payment_method": method["id"]})


def retrieve(work: Work, values: Json, token_id: str) -> Json:
    return work.tx.get(KIND, token_id, "confirmation_token")


def consume(work: Work, token_id: str, intent: Json) -> Json:
    """The parameters that a token stands for; it is spent with the effects of this attempt."""
    token = work.tx.get(KIND, token_id, "confirmation_token")
    if token["payment_intent"] or token["setup_intent"]:
        raise refused("The provided confirmation_token has already been used.", param="confirmation_token")
    if token["expires_at"] <= work.now():
        raise refused("The provided confirmation_token has expired.", param="confirmation_token")
    token[intent["object"]] = intent["id"]
    work.put(token)
    carried: Json = {"payment_method": work.tx.hidden(token_id)["payment_method"]}
    for name in ("return_url", "setup_future_usage", "shipping"):
        if token[name]:
            carried[name] = token[name]
    return carried


ROUTES = {
    "POST /v1/test_helpers/confirmation_tokens": create,
    "GET /v1/confirmation_tokens/{confirmation_token}": retrieve,
}
