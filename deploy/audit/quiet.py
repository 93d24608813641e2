"""Waits until nothing is under way in the suite: no webhook, no unpublished fact, no fact that a consumer has not taken."""

from __future__ import annotations

import time
from collections.abc import Sequence

import httpx
import psycopg

from deploy.audit.suite import Suite

_POLL_SECONDS = 0.02
_LOOKS = 3
"""So many looks in a row must find nothing, because a fact may be between two places at one of them."""

_WORK: Sequence[tuple[str, str, str]] = (
    ("payments", "Stripe events to process", "select count(*) from stripe_event where status = 'received'"),
    ("payments", "attempts without an answer", "select count(*) from attempt where status in ('pending', 'unknown')"),
    (
        "payments",
        "payments to settle",
        "select count(*) from attempt where kind = 'payment' and status = 'succeeded' and settled_at is null and due_at is not null",
    ),
    ("checkout", "checkouts to settle", "select count(*) from checkout where status = 'confirmed' and payment_action is null"),
    ("checkout", "charges without an answer", "select count(*) from order_charge where status in ('unasked', 'asked')"),
    ("subscription", "changes that wait for their charge", "select count(*) from subscription where charging_order_id is not null"),
    ("benefits", "sources to converge", "select count(*) from convergence_work"),
)
"""What services do by themselves after a while: service, what it is, and how much of it there is."""


class NotQuiet(Exception):
    """Something is still under way; the message says what."""


def wait_until_quiet(suite: Suite, timeout_seconds: float = 60.0) -> float:
    """The seconds it took. NotQuiet when it is not over by then."""
    started = time.monotonic()
    calm = 0
    while calm < _LOOKS:
        busy = _under_way(suite)
        calm = 0 if busy else calm + 1
        if busy and time.monotonic() - started > timeout_seconds:
            raise NotQuiet("; ".join(busy))
        time.sleep(_POLL_SECONDS)
    return time.monotonic() - started


def _under_way(suite: Suite) -> list[str]:
    try:
        return [*_webhooks(suite), *_work(suite), *_facts(suite), *_consumers(suite)]
    except (psycopg.Error, httpx.HTTPError, KeyError, ValueError) as error:
        return [f"a part of the suite does not answer ({type(error).__name__})"]


def _webhooks(suite: Suite) -> list[str]:
    return [] if suite.webhooks_delivered() else ["webhooks are on their way"]


def _work(suite: Suite) -> list[str]:
    waiting = [(service, what, suite.value(service, query)) for service, what, query in _WORK if service in suite.services]
    return [f"{service}: {count} {what}" for service, what, count in waiting if count]


def _facts(suite: Suite) -> list[str]:
    pending = {service: suite.value(service, "select count(*) from outbox_pending") for service in suite.services}
    return [f"{service}: {count} facts to publish" for service, count in pending.items() if count]


def _consumers(suite: Suite) -> list[str]:
    return [
        f"{consumer['name']}: {consumer['waiting']} facts waiting, {consumer['unacknowledged']} in hand"
        for consumer in suite.consumers()
        if consumer["waiting"] or consumer["unacknowledged"]
    ]
