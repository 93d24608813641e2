"""Webhook endpoints: where events are sent, and the secret that signs them."""

from deploy.stripe_simulator import ids
from deploy.stripe_simulator.errors import invalid
from deploy.stripe_simulator.jsons import Json
from deploy.stripe_simulator.listing import page
from deploy.stripe_simulator.resources.fields import assign, merged
from deploy.stripe_simulator.settings import API_VERSION
from deploy.stripe_simulator.work import Work

KIND = "webhook_endpoint"
URL = "/v1/webhook_endpoints"


def create(work: Work, values: Json) -> Json:
    """The only answer that shows the secret."""
    return register(work, values, f"whsec_{ids.letters(32)}")


def register(work: Work, values: Json, secret: str) -> Json:
    """Create an endpoint with a secret that is known beforehand."""
    if not values["url"].startswith(("http://", "https://")):
        raise invalid("Invalid URL: An explicit scheme (such as https) must be provided.", "url_invalid", "url")
    endpoint: Json = {
        "id": ids.mint(KIND),
        "object": KIND,
        "api_version": values.get("api_version", API_VERSION),
        "application": None,
        "created": work.now(),
        "description": values.get("description") or None,
        "enabled_events": values["enabled_events"],
        "livemode": False,
        "metadata": merged({}, values.get("metadata") or {}),
        "status": "enabled",
        "url": values["url"],
    }
    work.put(endpoint, {"secrets": [secret], "connect": bool(values.get("connect"))})
    return endpoint | {"secret": secret}


def retrieve(work: Work, values: Json, endpoint_id: str) -> Json:
    return work.tx.get(KIND, endpoint_id, "webhook_endpoint")


def update(work: Work, values: Json, endpoint_id: str) -> Json:
    endpoint = work.tx.get(KIND, endpoint_id, "webhook_endpoint")
    assign(endpoint, values, ("description", "enabled_events", "url"))
    if "disabled" in values:
        endpoint["status"] = "disabled" if values["disabled"] else "enabled"
    return work.put(endpoint)


def delete(work: Work, values: Json, endpoint_id: str) -> Json:
    work.tx.get(KIND, endpoint_id, "webhook_endpoint")
    work.tx.delete(endpoint_id)
    return {"id": endpoint_id, "object": KIND, "deleted": True}


def list_all(work: Work, values: Json) -> Json:
    return page(work, KIND, URL, values)


ROUTES = {
    "POST /v1/webhook_endpoints": create,
    "GET /v1/webhook_endpoints": list_all,
    "GET /v1/webhook_endpoints/{webhook_endpoint}": retrieve,
    "POST /v1/webhook_endpoints/{webhook_endpoint}": update,
    "DELETE /v1/webhook_endpoints/{webhook_endpoint}": delete,
}
