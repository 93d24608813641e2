"""Starts everything in the right order, as much as possible at the same time."""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from deploy.local import infrastructure, nats, postgres
from deploy.local.databases import DatabaseUrls, create_databases
from deploy.local.environment import StripeAccess
from deploy.local.layout import Layout
from deploy.local.options import StackOptions
from deploy.local.plan import SIMULATOR_KEY, Plan
from deploy.local.ports import LOOPBACK
from deploy.local.process import ProcessSpec
from deploy.local.provision import Provisioned, provision
from deploy.local.secret_store import SecretStore
from deploy.local.service_processes import ServiceProcesses
from deploy.local.services import AUTHORIZING, Service, process_name
from deploy.local.stack_file import Facts
from deploy.local.supervisor import Supervisor

LOG = logging.getLogger("bursar.local")

THREADS = 16

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Databases:
    """The administrator's URL, and the URLs of each service."""

    admin_url: str
    services: dict[str, DatabaseUrls]


@dataclass(frozen=True, slots=True)
class BringUp:
    """One start of a stack. With identity among the services there is an edge, with payments a simulator."""

    layout: Layout
    plan: Plan
    services: tuple[Service, ...]
    options: StackOptions
    supervisor: Supervisor
    secrets: SecretStore

    def run(self) -> Facts:
        """Returns when everything is ready. Raises what went wrong first, with everything stopped again."""
        stripe = self._stripe()
        trust_file = self.secrets.trust_file(self._names())
        with ThreadPoolExecutor(THREADS) as pool:
            databases = pool.submit(self._databases)
            nats_url = pool.submit(self._nats)

            def processes() -> ServiceProcesses:
                urls = databases.result().services
                given = (self.layout, self.plan, self.options, self.secrets, trust_file)
                return ServiceProcesses(*given, databases=urls, nats_url=nats_url.result(), stripe=stripe)

            beside = [pool.submit(self._edge), pool.submit(self._simulator, stripe)]
            started = [pool.submit(self._service, service, processes) for service in self.services]
            try:
                _all_well([databases, nats_url, *beside, *started])
                provisioned = self._provisioned(processes())
            except BaseException:
                self.supervisor.stop_everything()
                raise
        return Facts(
            admin_url=databases.result().admin_url,
            nats_url=nats_url.result(),
            nats_monitor_url=self._monitor_url(),
            simulator_url=stripe.api_base if self._has("payments") else None,
            databases=databases.result().services,
            provisioned=provisioned,
        )

    def _names(self) -> list[str]:
        return [service.name for service in self.services]

    def _has(self, service: str) -> bool:
        return service in self._names()

    def _monitor_url(self) -> str | None:
        return None if self.options.outside.nats_url else f"http://{LOOPBACK}:{self.plan.nats_monitor_port}"

    def _stripe(self) -> StripeAccess:
        outside = self.options.outside
        webhook_secret = outside.stripe_webhook_secret or f"whsec_{self.secrets.password('stripe-webhook')}"
        if outside.stripe_key:
            return StripeAccess(outside.stripe_key, webhook_secret, api_base=None)
        return StripeAccess(SIMULATOR_KEY, webhook_secret, self.plan.simulator_url)

    def _start(self, name: str, make: Callable[[], ProcessSpec]) -> None:
        _timed(name, lambda: self.supervisor.start(make()))

    def _databases(self) -> Databases:
        admin_url = self.options.outside.database_url or self._postgres()
        made = _timed("databases", lambda: create_databases(admin_url, self._names(), self.secrets))
        return Databases(admin_url, made)

    def _postgres(self) -> str:
        password = self.secrets.password("postgres")
        self._start("postgres", lambda: infrastructure.postgres_process(self.layout, self.plan, password))
        return postgres.admin_url(self.plan.postgres_port, password)

    def _nats(self) -> str:
        if self.options.outside.nats_url:
            return self.options.outside.nats_url
        self._start("nats", lambda: infrastructure.nats_process(self.layout, self.plan))
        return nats.url(self.plan.nats_port)

    def _simulator(self, stripe: StripeAccess) -> None:
        if self._has("payments") and stripe.api_base is not None:
            secret = stripe.webhook_secret
            self._start("simulator", lambda: infrastructure.simulator_process(self.layout, self.plan, secret))

    def _edge(self) -> None:
        if self._has(AUTHORIZING[0]):
            names, limits = self._names(), self.options.limits
            self._start("edge", lambda: infrastructure.edge_process(self.layout, self.plan, names, limits))

    def _service(self, service: Service, processes: Callable[[], ServiceProcesses]) -> None:
        """Migrates, then starts the service's processes one after another."""
        known = processes()
        _timed(f"{service.name} schema", lambda: known.migrate(service))
        for verb in service.verbs:
            self._start(process_name(service.name, verb), partial(known.process, service, verb))

    def _provisioned(self, processes: ServiceProcesses) -> Provisioned | None:
        owner = AUTHORIZING[0]
        if not self.options.provision or not self._has(owner):
            return None
        bootstrap, environment = self.options.command(owner, "bootstrap"), processes.environment(owner, "run")
        return _timed("demo organizations", lambda: provision(bootstrap, environment, self.plan.edge_url))


def _timed(what: str, work: Callable[[], Result]) -> Result:
    """Says how long it took, when it worked."""
    began = time.monotonic()
    result = work()
    LOG.info("%-20s ready %5.1f s", what, time.monotonic() - began)
    return result


def _all_well(futures: Sequence[Future[Any]]) -> None:
    """Returns when all are done, or raises the first failure at once."""
    done, _ = wait(futures, return_when=FIRST_EXCEPTION)
    for future in futures:
        if future in done:
            future.result()
