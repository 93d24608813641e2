"""Which ports a stack uses and what it takes from outside; decided once, before anything starts."""

from collections.abc import Mapping
from dataclasses import dataclass

from deploy.local.ports import LOOPBACK, free_ports
from deploy.local.services import Service, process_name

SIMULATOR_KEY = "sk_test_local"


@dataclass(frozen=True, slots=True)
class Outside:
    """Servers that exist already and are used instead of own ones; None means: start one."""

    database_url: str | None = None
    nats_url: str | None = None
    stripe_key: str | None = None
    stripe_webhook_secret: str | None = None

    @staticmethod
    def of(environment: Mapping[str, str]) -> "Outside":
        """Reads DATABASE_URL, NATS_URL, STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET. Refuses a live Stripe key."""
        key = environment.get("STRIPE_SECRET_KEY") or None
        if key == SIMULATOR_KEY:
            key = None
        if key is not None and not key.startswith(("sk_test_", "rk_test_")):
            raise ValueError("STRIPE_SECRET_KEY is not a test key: the local stack never touches real money")
        return Outside(
            database_url=environment.get("DATABASE_URL") or None,
            nats_url=environment.get("NATS_URL") or None,
            stripe_key=key,
            stripe_webhook_secret=environment.get("STRIPE_WEBHOOK_SECRET") or None,
        )


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The two ports of a service's process, as `host:port`."""

    grpc: str
    metrics: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Ports stay the same for the life of a stack, whatever is restarted. `endpoints` are by process name."""

    postgres_port: int
    nats_port: int
    nats_monitor_port: int
    simulator_port: int
    edge_port: int
    edge_admin_port: int
    endpoints: dict[str, Endpoint]

    @property
    def edge_url(self) -> str:
        return f"http://{LOOPBACK}:{self.edge_port}"

    @property
    def simulator_url(self) -> str:
        return f"http://{LOOPBACK}:{self.simulator_port}"


def make_plan(services: tuple[Service, ...]) -> Plan:
    processes = [process_name(service.name, verb) for service in services for verb in service.verbs]
    ports = iter(free_ports(6 + 2 * len(processes)))
    return Plan(
        postgres_port=next(ports),
        nats_port=next(ports),
        nats_monitor_port=next(ports),
        simulator_port=next(ports),
        edge_port=next(ports),
        edge_admin_port=next(ports),
        endpoints={name: Endpoint(f"{LOOPBACK}:{next(ports)}", f"{LOOPBACK}:{next(ports)}") for name in processes},
    )
