"""Waits until nothing is under way in the suite: no webhook, no unpublished fact, no fact that a consumer has not taken."""

from __future__ import annotations

import time

import httpx
import psycopg

from deploy.audit.suite import Suite

_POLL_SECONDS = 0.02
_LOOKS = 3
"""So many looks in a row must find nothing, because a fact may be between two places at one of them."""


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
        return [*_webhooks(suite), *_stripe_events(suite), *_facts(suite), *_consumers(suite)]
    except (psycopg.Error, httpx.HTTPError, KeyError) as error:
        return [f"a part of the suite does not answer ({type(error).__name__})"]


def _webhooks(suite: Suite) -> list[str]:
    return [] if suite.webhooks_delivered() else ["webhooks are on their way"]


def _stripe_events(suite: Suite) -> list[str]:
    waiting = suite.value("payments", "select count(*) from stripe_event where status = 'received'")
    return [f"payments: {waiting} Stripe events to process"] if waiting else []


def _facts(suite: Suite) -> list[str]:
    pending = {service: suite.value(service, "select count(*) from outbox_pending") for service in suite.services}
    return [f"{service}: {count} facts to publish" for service, count in pending.items() if count]


def _consumers(suite: Suite) -> list[str]:
    return [
        f"{consumer['name']}: {consumer['waiting']} facts waiting, {consumer['unacknowledged']} in hand"
        for consumer in suite.consumers()
        if consumer["waiting"] or consumer["unacknowledged"]
    ]
