"""Deliver events to endpoints: in the background, many at a time, retried, and as badly as a test asks."""

import asyncio
import random
import time
from collections import Counter, deque
from dataclasses import dataclass

from deploy.stripe_simulator.jsons import Json, load
from deploy.stripe_simulator.log import log
from deploy.stripe_simulator.settings import Settings
from deploy.stripe_simulator.store import Store, Transaction
from deploy.stripe_simulator.webhooks import signature
from deploy.stripe_simulator.webhooks.endpoints import Endpoints
from deploy.stripe_simulator.webhooks.poster import Poster
from deploy.stripe_simulator.webhooks.rules import Rules

KIND = "sim.delivery"
KEPT_ATTEMPTS = 1_000
HEADERS = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)"}


@dataclass(slots=True)
class Delivery:
    """One event on its way to one endpoint. `id` None: a copy, which nobody waits for."""

    id: str | None
    event: str
    endpoint: str
    type: str
    attempts: int = 0


class Deliveries:
    """The queue. A delivery is a row until it is acknowledged, dropped or given up, so a restart goes on with it."""

    def __init__(self, store: Store, endpoints: Endpoints, settings: Settings) -> None:
        self._store = store
        self._endpoints = endpoints
        self._settings = settings
        self._poster = Poster()
        self._queue: asyncio.Queue[Delivery] = asyncio.Queue()
        self._held: list[Delivery] = []
        self._waiting: set[asyncio.Task[None] | asyncio.TimerHandle] = set()
        self._busy = 0
        self.rules = Rules()
        self.counts: Counter[str] = Counter()
        self.attempts: deque[Json] = deque(maxlen=KEPT_ATTEMPTS)

    def recover(self) -> None:
        """Take up what an earlier process had not delivered."""
        self.submit([row.id for row in self._store.rows.values() if row.kind == KIND])

    def submit(self, delivery_ids: list[str]) -> None:
        """Start committed deliveries on their way."""
        for delivery_id in delivery_ids:
            row = self._store.rows[delivery_id]
            planned = load(row.body)
            event = self._store.rows.get(planned["event"])
            if event is None:
                self._settle(Delivery(delivery_id, planned["event"], planned["endpoint"], ""), "expired")
                continue
            event_type = load(event.body)["type"]
            self._route(Delivery(delivery_id, planned["event"], planned["endpoint"], event_type))

    def replay(self, event_id: str, endpoints: list[str]) -> int:
        """Deliver an event once more, whatever became of it. Returns to how many endpoints."""
        event_type = load(self._store.rows[event_id].body)["type"]
        for endpoint in endpoints:
            self._queue.put_nowait(Delivery(None, event_id, endpoint, event_type))
        return len(endpoints)

    def release(self, order: str, seed: int) -> int:
        """Let held deliveries go, one after the other in the given order; returns how many."""
        self.rules.remove("hold")
        held, self._held = self._held, []
        if order == "reverse":
            held.reverse()
        elif order == "shuffle":
            random.Random(seed).shuffle(held)
        self._keep(asyncio.get_running_loop().create_task(self._in_turn(held)))
        return len(held)

    def state(self) -> Json:
        """Counts, and what is still on its way."""
        waiting = len(self._waiting)
        queued = self._queue.qsize()
        return {
            "queued": queued,
            "held": len(self._held),
            "in_flight": self._busy,
            "waiting": waiting,
            "idle": not (queued or self._busy or waiting or self._held),
            "counts": dict(self.counts),
            "held_events": [{"event": delivery.event, "type": delivery.type} for delivery in self._held],
            "attempts": list(self.attempts),
        }

    def clear(self) -> None:
        self.rules.active.clear()
        self._held.clear()
        self.counts.clear()
        self.attempts.clear()
        while not self._queue.empty():
            self._queue.get_nowait()
        for waiting in self._waiting:
            waiting.cancel()
        self._waiting.clear()

    async def serve(self) -> None:
        """Run the workers until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._settings.delivery_concurrency):
                    group.create_task(self._work())
        finally:
            self._poster.close()

    async def _work(self) -> None:
        while True:
            await self._attempt(await self._queue.get())

    def _route(self, delivery: Delivery) -> None:
        rule = self.rules.take(delivery.type)
        if rule is None:
            self._enqueue(delivery)
        elif rule.action == "hold":
            self._held.append(delivery)
        elif rule.action == "drop":
            self._settle(delivery, "dropped")
        elif rule.action == "delay":
            self._later(rule.delay_seconds, delivery)
        else:
            self._enqueue(delivery)
            for _ in range(rule.copies - 1):
                self._enqueue(Delivery(None, delivery.event, delivery.endpoint, delivery.type))

    def _enqueue(self, delivery: Delivery) -> None:
        if self._queue.qsize() >= self._settings.delivery_queue:
            self._settle(delivery, "overflowed")
        else:
            self._queue.put_nowait(delivery)

    def _later(self, seconds: float, delivery: Delivery) -> None:
        def enqueue() -> None:
            self._waiting.discard(timer)
            self._enqueue(delivery)

        timer = asyncio.get_running_loop().call_later(seconds, enqueue)
        self._waiting.add(timer)

    async def _in_turn(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:
            await self._attempt(delivery)

    def _keep(self, task: "asyncio.Task[None]") -> None:
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _attempt(self, delivery: Delivery) -> None:
        self._busy += 1
        try:
            status = await self._post(delivery)
        finally:
            self._busy -= 1
        delivery.attempts += 1
        self.attempts.append({"event": delivery.event, "type": delivery.type, "attempt": delivery.attempts, "status": status})
        if status is not None and 200 <= status < 300:
            self._settle(delivery, "delivered")
        elif status == 0 or delivery.attempts > len(self._settings.retry_seconds):
            self._settle(delivery, "given_up")
        else:
            self.counts["retried"] += 1
            self._later(self._settings.retry_seconds[delivery.attempts - 1], delivery)

    async def _post(self, delivery: Delivery) -> int | None:
        """The endpoint's status, None when it could not be reached, 0 when event or endpoint are gone."""
        endpoint = self._endpoints.get(delivery.endpoint)
        event = self._store.rows.get(delivery.event)
        if endpoint is None or event is None:
            return 0
        # The receiver compares the signature's age with its own clock, which is real whatever ours has been advanced to.
        signed = signature.header(event.body, list(endpoint.secrets), int(time.time()))
        headers = HEADERS | {"Stripe-Signature": signed}
        try:
            return await self._poster.post(endpoint.url, headers, event.body, self._settings.delivery_timeout_seconds)
        except (OSError, EOFError, ValueError, IndexError, asyncio.LimitOverrunError) as failure:
            log("webhook.failed", type=delivery.type, url=endpoint.url, error=repr(failure))
            return None

    def _settle(self, delivery: Delivery, outcome: str) -> None:
        self.counts[outcome] += 1
        if delivery.id is None or delivery.id not in self._store.rows:
            return
        tx = Transaction(self._store, self._store.rows[delivery.id].account)
        tx.delete(delivery.id)
        tx.commit()
