"""`stack.json`: where everything of a running stack is, for people, tests and benchmarks."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from deploy.local.databases import DatabaseUrls
from deploy.local.layout import Layout
from deploy.local.plan import Plan
from deploy.local.ports import LOOPBACK
from deploy.local.provision import Provisioned
from deploy.local.secret_store import write_private


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known once a stack is up. None: not part of this stack, or another's and not known."""

    admin_url: str
    nats_url: str
    nats_monitor_url: str | None
    simulator_url: str | None
    databases: Mapping[str, DatabaseUrls]
    provisioned: Provisioned | None


def describe(plan: Plan, facts: Facts, pid: Callable[[str], int | None]) -> dict[str, Any]:
    """The content of stack.json; `pid` is asked for each process by name."""
    services = {}
    for name, urls in facts.databases.items():
        endpoint = plan.endpoints[name]
        services[name] = {
            "grpc": endpoint.grpc,
            "metrics": endpoint.metrics,
            # Sees the rows of all organizations: for audits by SQL.
            "database_url": urls.worker,
            "database_app_url": urls.app,
            "database_owner_url": urls.owner,
            "pid": pid(name),
        }
    content: dict[str, Any] = {
        "edge": {"http": plan.edge_url, "grpc": f"{LOOPBACK}:{plan.edge_port}"},
        "services": services,
        "nats": {"url": facts.nats_url, "monitor": facts.nats_monitor_url},
        "simulator": {"url": facts.simulator_url},
        "postgres": {"admin_url": facts.admin_url},
        "supervisor_pid": os.getpid(),
    }
    return content if facts.provisioned is None else {**content, **asdict(facts.provisioned)}


def write_stack_file(content: Mapping[str, Any], layout: Layout) -> None:
    """Holds passwords and tokens, so nobody else may read it."""
    write_private(layout.stack_file, (json.dumps(content, indent=2) + "\n").encode())
