"""One unit of work: what a handler reads and writes, the events it causes and the tasks it leaves for later."""

from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from deploy.stripe_simulator import ids
from deploy.stripe_simulator.clock import Clock
from deploy.stripe_simulator.jsons import Json, dump, load
from deploy.stripe_simulator.scheduler import plan
from deploy.stripe_simulator.settings import API_VERSION, PLATFORM, Settings
from deploy.stripe_simulator.store import Transaction

Subscribers = Callable[[str, str], list[str]]
MAX_EXPIRED_AT_ONCE = 10


@dataclass(slots=True)
class Work:
    """Committed as a whole by whoever made it. `request_id` None: the simulator itself acts, not a caller."""

    tx: Transaction
    clock: Clock
    settings: Settings
    subscribers: Subscribers
    request_id: str | None = None
    idempotency_key: str | None = None
    plans: list[tuple[float, str]] = field(default_factory=list)
    deliveries: list[str] = field(default_factory=list)

    def now(self) -> int:
        return self.clock.now()

    def plan(self, seconds: float, verb: str, **arguments: object) -> None:
        """Have `verb` done `seconds` from now."""
        self.plans.append(plan(self.tx, self.clock.exact() + seconds, verb, arguments))

    def plan_once(self, due: float, verb: str, task_id: str, **arguments: object) -> None:
        """Have `verb` done at a moment, once for all who ask under the same id."""
        if task_id not in self.tx.store.rows:
            self.plans.append(plan(self.tx, due, verb, arguments, task_id))

    def put(self, value: Json, hidden: Json | None = None) -> Json:
        self.tx.put(value, hidden)
        return value

    def change(self, kind: str, object_id: str, **fields: object) -> tuple[Json, Json]:
        """Set fields of an object; returns it and the previous values of what changed, as events want them."""
        value = self.tx.get(kind, object_id)
        previous = {name: value.get(name) for name, new in fields.items() if value.get(name) != new}
        value.update(fields)
        self.tx.put(value)
        return value, previous

    def emit(self, event_type: str, value: Json, previous: Json | None = None) -> None:
        """An event with a snapshot of an object as it is now."""
        account = self.tx.account
        endpoints = self.subscribers(account, event_type)
        event_id = ids.mint("event")
        data: Json = {"object": orjson.Fragment(dump(value))}
        if previous is not None:
            data["previous_attributes"] = previous
        event: Json = {
            "id": event_id,
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now(),
            "data": data,
            "livemode": False,
            "pending_webhooks": len(endpoints),
            "request": {"id": self.request_id, "idempotency_key": self.idempotency_key},
            "type": event_type,
        }
        if account != PLATFORM:
            event["account"] = account
        self.tx.put(event)
        self._forget_old_events()
        for endpoint in endpoints:
            self._deliver(event_id, endpoint)

    def _deliver(self, event_id: str, endpoint: str) -> None:
        delivery = f"dlv_{ids.letters(16)}"
        self.tx.put({"id": delivery, "event": event_id, "endpoint": endpoint}, kind="sim.delivery")
        self.deliveries.append(delivery)

    def _forget_old_events(self) -> None:
        """Keep the events of 30 days, and no more than the limit."""
        events = self.tx.store.of_kind(self.tx.account, "event")
        excess = len(events) - self.settings.keep_events
        oldest = iter(events)
        for position in range(min(len(events), MAX_EXPIRED_AT_ONCE)):
            event_id = next(oldest)
            if self.tx.find(event_id) is None:
                continue  # forgotten by an earlier event of this work
            if position >= excess and (not self._is_old(event_id) or self._is_awaited(event_id)):
                return
            self.tx.delete(event_id)

    def _is_awaited(self, event_id: str) -> bool:
        """Whether it is on its way to somebody: a clock that was advanced by months must not lose it."""
        return bool(self.tx.ids("sim.delivery", "event", event_id))

    def _is_old(self, event_id: str) -> bool:
        created: int = load(self.tx.body(event_id))["created"]
        return created < self.now() - self.settings.event_lifetime_seconds
