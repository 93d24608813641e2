"""Connected accounts: separate objects, balances, keys and events under `Stripe-Account`."""

from deploy.stripe_simulator import ids
from deploy.stripe_simulator.jsons import Json, load
from deploy.stripe_simulator.listing import page
from deploy.stripe_simulator.resources.fields import assign, merged
from deploy.stripe_simulator.settings import PLATFORM
from deploy.stripe_simulator.work import Work

KIND = "account"
URL = "/v1/accounts"
PLAIN = ("business_profile", "business_type", "email")


def create(work: Work, values: Json) -> Json:
    """Every requirement is met at once, and what was requested is active."""
    return work.put(_blank(work, ids.mint(KIND, 16), values))


def retrieve(work: Work, values: Json, account_id: str) -> Json:
    return work.tx.get(KIND, account_id, "account")


def retrieve_own(work: Work, values: Json) -> Json:
    """The account that the call acts on."""
    account_id = work.tx.account
    row = work.tx.store.rows.get(account_id)
    return load(row.body) if row else _blank(work, account_id, {"email": "platform@example.com"})


def update(work: Work, values: Json, account_id: str) -> Json:
    account = work.tx.get(KIND, account_id, "account")
    assign(account, values, PLAIN)
    return work.put(account)


def delete(work: Work, values: Json, account_id: str) -> Json:
    work.tx.get(KIND, account_id, "account")
    work.tx.delete(account_id)
    return {"id": account_id, "object": KIND, "deleted": True}


def list_all(work: Work, values: Json) -> Json:
    return page(work, KIND, URL, values)


def _blank(work: Work, account_id: str, values: Json) -> Json:
    none_due: Json = {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": [],
        "disabled_reason": None,
        "errors": [],
        "eventually_due": [],
        "past_due": [],
        "pending_verification": [],
    }
    requested = values.get("capabilities") or {"card_payments": {"requested": True}, "transfers": {"requested": True}}
    return {
        "id": account_id,
        "object": KIND,
        "business_profile": values.get("business_profile"),
        "business_type": values.get("business_type"),
        "capabilities": {name: "active" for name, wish in requested.items() if wish.get("requested")},
        "charges_enabled": True,
        "controller": {"type": "application" if account_id != PLATFORM else "account"},
        "country": values.get("country", "US"),
        "created": work.now(),
        "default_currency": values.get("default_currency", "usd"),
        "details_submitted": True,
        "email": values.get("email"),
        "future_requirements": none_due,
        "metadata": merged({}, values.get("metadata") or {}),
        "payouts_enabled": True,
        "requirements": none_due,
        "type": values.get("type", "none"),
    }


ROUTES = {
    "GET /v1/account": retrieve_own,
    "POST /v1/accounts": create,
    "GET /v1/accounts": list_all,
    "GET /v1/accounts/{account}": retrieve,
    "POST /v1/accounts/{account}": update,
    "DELETE /v1/accounts/{account}": delete,
}
