"""The whole simulated world: store, clock, scheduler, deliveries; and how a unit of work begins and is committed."""

from collections.abc import Sequence

from deploy.stripe_simulator.clock import Clock
from deploy.stripe_simulator.expansion import Expansion
from deploy.stripe_simulator.faults import Faults
from deploy.stripe_simulator.idempotency import Keys
from deploy.stripe_simulator.journal import Journal
from deploy.stripe_simulator.jsons import Json, load
from deploy.stripe_simulator.log import log
from deploy.stripe_simulator.parameters import Contract
from deploy.stripe_simulator.resources import webhook_endpoints
from deploy.stripe_simulator.routes import Routes
from deploy.stripe_simulator.scheduler import Scheduler
from deploy.stripe_simulator.settings import PLATFORM, Settings
from deploy.stripe_simulator.store import Store, Transaction
from deploy.stripe_simulator.webhooks import endpoints
from deploy.stripe_simulator.webhooks.deliveries import Deliveries
from deploy.stripe_simulator.work import Work

CLOCK_ROW = "sim.clock"
ADVANCE_ROW = "sim.advance"
KEPT_ADVANCES = 10_000


class Simulation:
    """Built once from the settings and the state file."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = Store(Journal(settings.state))
        self.store.journal.rewrite(self.store.records())
        self.clock = Clock(self._saved_offset())
        self.contract = Contract()
        self.expansion = Expansion()
        self.routes = Routes()
        self.faults = Faults()
        self.keys = Keys(self.store, self.clock, settings)
        self.endpoints = endpoints.Endpoints(self.store)
        self.deliveries = Deliveries(self.store, self.endpoints, settings)
        self.scheduler = Scheduler(self.store, self.clock, self._do_task)

    def recover(self) -> None:
        """Go on where the state file ends; needs the running event loop."""
        self.scheduler.recover()
        self.deliveries.recover()

    def begin(self, account: str, request_id: str | None = None, key: str | None = None) -> Work:
        tx = Transaction(self.store, account)
        return Work(tx, self.clock, self.settings, self.endpoints.wanting, request_id, key)

    def commit(self, work: Work) -> None:
        """Make it durable, then let tasks and deliveries go."""
        endpoints_changed = any(record[1] == endpoints.KIND for record in work.tx.written())
        work.tx.commit()
        if endpoints_changed:
            self.endpoints.reload()
        for due, task_id in work.plans:
            self.scheduler.add(due, task_id)
        self.deliveries.submit(work.deliveries)

    def register_endpoint(self, url: str, secret: str, *, connect: bool, events: Sequence[str] = ("*",)) -> None:
        """An endpoint known beforehand, by its URL or its secret: one that moved takes its deliveries along."""
        work = self.begin(PLATFORM)
        for identifier in work.tx.ids(endpoints.KIND):
            known, hidden = work.tx.find(identifier), work.tx.hidden(identifier)
            if known and hidden["connect"] == connect and (known["url"] == url or (secret and secret in hidden["secrets"])):
                # Kept under its id, for deliveries of an earlier process are still on their way to it.
                work.tx.put(known | {"url": url, "enabled_events": [*events]}, {"secrets": [secret], "connect": connect})
                break
        else:
            values: Json = {"url": url, "enabled_events": [*events], "connect": connect}
            webhook_endpoints.register(work, values, secret)
        self.commit(work)

    def advance(self, seconds: float, key: str | None = None) -> int:
        """The number of tasks done. With a key once for all who ask under it."""
        row_id = f"{ADVANCE_ROW}:{key}"
        if key is not None and row_id in self.store.rows:
            return 0
        done = self.scheduler.advance(seconds)
        tx = Transaction(self.store, PLATFORM)
        tx.put({"id": CLOCK_ROW, "offset_seconds": self.clock.offset_seconds}, kind=CLOCK_ROW)
        if key is not None:
            tx.put({"id": row_id, "seconds": seconds}, kind=ADVANCE_ROW)
            kept = self.store.of_kind(PLATFORM, ADVANCE_ROW)
            if len(kept) >= KEPT_ADVANCES:
                tx.delete(next(iter(kept)))
        tx.commit()
        return done

    def reset(self) -> None:
        """Forget everything but the registered endpoints and the settings."""
        kept = [row for row in self.store.rows.values() if row.kind == endpoints.KIND]
        self.store.clear()
        self.deliveries.clear()
        self.faults.armed.clear()
        self.clock.offset_seconds = 0.0
        for row in kept:
            tx = Transaction(self.store, row.account)
            tx.put(load(row.body), load(row.hidden))
            tx.commit()
        self.endpoints.reload()
        self.scheduler.recover()

    def _do_task(self, account: str, verb: str, arguments: Json, task_id: str) -> None:
        """A task that fails is dropped and logged: the world changed since it was planned, and the others are still due."""
        work = self.begin(account)
        try:
            self.routes.tasks[verb](work, **arguments)
        except Exception as failure:  # noqa: BLE001 - one task must not stop the clock
            log("task.failed", verb=verb, arguments=arguments, error=repr(failure))
            work = self.begin(account)
        work.tx.delete(task_id)
        self.commit(work)

    def _saved_offset(self) -> float:
        row = self.store.rows.get(CLOCK_ROW)
        offset: float = load(row.body)["offset_seconds"] if row else 0.0
        return offset
