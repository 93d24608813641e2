"""Events: what happened, with the object as it was then; kept for thirty days."""

import re
from fnmatch import translate

from deploy.stripe_simulator.errors import missing
from deploy.stripe_simulator.jsons import Json
from deploy.stripe_simulator.listing import page
from deploy.stripe_simulator.work import Work

KIND = "event"
URL = "/v1/events"


def retrieve(work: Work, values: Json, event_id: str) -> Json:
    event = work.tx.get(KIND, event_id)
    if event["created"] < _oldest(work):
        raise missing(KIND, event_id, "id")
    return _with_pending(work, event)


def list_all(work: Work, values: Json) -> Json:
    filters = dict(values)
    if "type" in filters and "*" in filters["type"]:
        filters["type"] = re.compile(translate(filters["type"]))
    if "types" in filters:
        filters["type"] = list(filters.pop("types"))
    successful = filters.pop("delivery_success", None)
    if successful is not None:
        filters["pending_webhooks"] = {"lte": 0} if successful else {"gt": 0}
    created = filters.get("created")
    if not isinstance(created, int):
        oldest = _oldest(work)
        filters["created"] = (created or {}) | {"gte": max(oldest, (created or {}).get("gte", 0))}
    answer = page(work, KIND, URL, filters)
    answer["data"] = [_with_pending(work, event) for event in answer["data"]]
    return answer


def _with_pending(work: Work, event: Json) -> Json:
    """`pending_webhooks` counts down: what is still to be acknowledged now."""
    event["pending_webhooks"] = len(work.tx.ids("sim.delivery", "event", event["id"]))
    return event


def _oldest(work: Work) -> int:
    return work.now() - work.settings.event_lifetime_seconds


ROUTES = {"GET /v1/events": list_all, "GET /v1/events/{id}": retrieve}
