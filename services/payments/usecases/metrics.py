"""What operators watch."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

from services.payments.domain.attempt import Attempt

PAYMENTS = Counter("bursar_payments_total", "Attempts that reached a status.", ("kind", "status"))
QUEUED = Gauge("bursar_payments_queued", "Charges that wait for their turn.")
UNKNOWN = Gauge("bursar_payments_unknown", "Attempts without an answer of the processor.")
OLDEST_UNKNOWN = Gauge("bursar_payment_unknown_oldest_seconds", "Age of the oldest attempt without an answer; page above 900.")
EVENTS = Counter("bursar_stripe_webhooks_total", "Events taken in.", ("result",))
EVENTS_WAITING = Gauge("bursar_stripe_events_waiting", "Events stored and not processed yet.")
EVENTS_PARKED = Gauge("bursar_stripe_events_parked", "Events given up after several failures; page above 0.")
MISMATCHES = Counter("bursar_stripe_reconcile_mismatches_total", "Times that the processor and our rows did not agree.")
CALLS = Counter("bursar_stripe_calls_total", "Calls to Stripe.", ("call", "result"))
CALL_SECONDS = Counter("bursar_stripe_call_seconds_total", "Wall time of calls to Stripe, their turn included.", ("call",))


def count_moves(before: Attempt, after: Attempt) -> None:
    """Count a change of status."""
    if after.status != before.status:
        PAYMENTS.labels(after.kind.value, after.status).inc()
