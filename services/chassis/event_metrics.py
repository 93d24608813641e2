"""What operators watch about facts and reactions. No label names an organization."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

OUTBOX_PENDING = Gauge("bursar_outbox_pending", "Facts that the broker has not confirmed.")
OUTBOX_OLDEST_PENDING = Gauge("bursar_outbox_oldest_pending_seconds", "Age of the oldest fact that the broker has not confirmed.")
OUTBOX_PUBLISHED = Counter("bursar_outbox_published_total", "Facts that the broker confirmed to this process.")
OUTBOX_REPUBLISHED = Counter("bursar_outbox_republished_total", "Facts put in line again after they were confirmed.", ("reason",))
CONSUMER_LAG = Gauge("bursar_consumer_lag", "Events that the consumer has not acknowledged.", ("consumer",))
CONSUMER_EVENTS = Counter("bursar_consumer_events_total", "Events taken from the stream.", ("consumer", "type", "result"))
CONSUMER_BATCH = Histogram("bursar_consumer_batch_seconds", "Time from taking a batch to its commit.", ("consumer",))
CONSUMER_SECONDS = Counter(
    "bursar_consumer_seconds_total", "Wall time spent on events: reading them, in the transaction, acknowledging.", ("consumer", "part")
)
RELAY_SECONDS = Counter(
    "bursar_relay_seconds_total", "Wall time of rounds that relayed something: in the database, waiting for the broker.", ("part",)
)
INBOX_DUPLICATES = Counter("bursar_inbox_duplicates_total", "Events delivered again after they were taken.", ("consumer",))
DEAD_LETTERS = Gauge("bursar_dead_letters", "Parked events that nobody has re-driven.", ("consumer",))
