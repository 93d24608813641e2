"""Stripe's events: what they mean to us, and how they are stored."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson

from services.payments.clients.stripe_objects import attempt_id_of, id_of, instant, method_details_of, organization_id_of, outcome_of
from services.payments.domain.occurrence import AttemptMoved, MethodDetached, MethodUpdated, Nothing, Occurrence
from services.payments.domain.outcome import WAIT, Outcome
from services.payments.usecases.processor import StoredEvent

WANTED = (
    *(f"payment_intent.{what}" for what in ("succeeded", "payment_failed", "requires_action", "processing", "canceled")),
    *(f"setup_intent.{what}" for what in ("succeeded", "setup_failed", "requires_action", "canceled")),
    *(f"payment_method.{what}" for what in ("detached", "updated", "automatically_updated")),
    "charge.updated",
)
"""The types that move something here: what a webhook endpoint should be registered for, and what the event list is asked for."""
_METHOD_UPDATES = frozenset(("payment_method.updated", "payment_method.automatically_updated"))
_BOOKED = timedelta(0)
_PASSING = timedelta(seconds=3)
"""The intent's own event says the same and is on its way; only if it gets lost is the charge's worth a look."""


def read_event(payload: bytes) -> Occurrence:
    """What a stored event means. KeyError, TypeError or ValueError if it is not what Stripe sends."""
    event = orjson.loads(payload)
    kind: str = event["type"]
    shown = event["data"]["object"]
    match kind.partition("."):
        case ("payment_intent" | "setup_intent", _, _):
            return AttemptMoved(attempt_id_of(shown), shown["id"], outcome_of(shown))
        case ("charge", _, "updated" | "succeeded" | "failed"):
            return _charge_moved(shown)
        case ("payment_method", _, "detached"):
            return MethodDetached(shown["id"])
    return MethodUpdated(method_details_of(shown)) if kind in _METHOD_UPDATES else Nothing()


def stored_event(payload: bytes) -> StoredEvent:
    """A received event. ValueError if it is none."""
    event = orjson.loads(payload)
    if not isinstance(event, dict) or event.get("object") != "event" or not isinstance(event.get("data"), dict):
        raise ValueError("not an event of Stripe")
    event_id, kind, created = event.get("id"), event.get("type"), event.get("created")
    if not isinstance(event_id, str) or not isinstance(kind, str) or not isinstance(created, int) or not event_id:
        raise ValueError("an event of Stripe has id, type and created")
    shown = event["data"].get("object")
    organization_id = organization_id_of(shown) if isinstance(shown, dict) else None
    return StoredEvent(event_id, kind, instant(created), payload, organization_id=organization_id)


def listed_event(event: dict[str, Any]) -> StoredEvent:
    """An event from the event list, stored as if it had been sent."""
    payload, organization_id = orjson.dumps(event, default=str), organization_id_of(event["data"]["object"])
    return StoredEvent(event["id"], event["type"], instant(event["created"]), payload, organization_id=organization_id)


def _charge_moved(charge: dict[str, Any]) -> Occurrence:
    """A charge shows no more than that something happened to its PaymentIntent; the look at that one shows all."""
    intent = id_of(charge.get("payment_intent"))
    if intent is None:
        return Nothing()
    booked = charge["status"] == "succeeded" and charge.get("balance_transaction")
    return AttemptMoved(attempt_id_of(charge), intent, Outcome(WAIT, read_after=_BOOKED if booked else _PASSING))
