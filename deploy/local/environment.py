"""What a process of a service is told: the one place that knows the names of its environment variables."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.databases import DatabaseUrls
from deploy.local.layout import REPOSITORY
from deploy.local.plan import Endpoint

# Meant for the supervisor; a service gets its own of these, or none.
_KEPT_BACK = ("DATABASE_URL", "NATS_URL", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_API_BASE")


@dataclass(frozen=True, slots=True)
class StripeAccess:
    """`api_base` is None for Stripe itself."""

    secret_key: str
    webhook_secret: str
    api_base: str | None


@dataclass(frozen=True, slots=True)
class ServiceSurroundings:
    """What one process of a service is connected to."""

    service: str
    endpoint: Endpoint
    databases: DatabaseUrls
    nats_url: str
    peers: Mapping[str, str]
    key_file: Path
    trust_file: Path
    stripe: StripeAccess


def service_environment(around: ServiceSurroundings, extra: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of the process; `extra` wins over everything."""
    settings = {
        "BURSAR_SERVICE": around.service,
        "BURSAR_ENVIRONMENT": "local",
        "BURSAR_GRPC_ADDRESS": around.endpoint.grpc,
        "BURSAR_METRICS_ADDRESS": around.endpoint.metrics,
        "BURSAR_DATABASE_URL": around.databases.app,
        "BURSAR_DATABASE_WORKER_URL": around.databases.worker,
        "BURSAR_DATABASE_OWNER_URL": around.databases.owner,
        "BURSAR_NATS_URL": around.nats_url,
        "BURSAR_IDENTITY_KEY_FILE": str(around.key_file),
        "BURSAR_IDENTITY_TRUST_FILE": str(around.trust_file),
        "BURSAR_PEERS": json.dumps(dict(around.peers)),
        # Nobody balances load between replicas here, so nobody has to notice that one is leaving.
        "BURSAR_DRAIN_SECONDS": "0",
        # gRPC's threads would each take an arena of their own: twenty MiB a process that nobody uses.
        "MALLOC_ARENA_MAX": "2",
    }
    stripe = _stripe(around.stripe) if around.service == "payments" else {}
    return {**_inherited(), **settings, **stripe, **extra}


def python_environment() -> dict[str, str]:
    """For a Python process of the repository that is no service."""
    return _inherited()


def _inherited() -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in _KEPT_BACK}
    search = [str(REPOSITORY), str(REPOSITORY / "build" / "python")]
    return {**inherited, "PYTHONPATH": os.pathsep.join(search), "PYTHONUNBUFFERED": "1"}


def _stripe(access: StripeAccess) -> dict[str, str]:
    known = {"STRIPE_SECRET_KEY": access.secret_key, "STRIPE_WEBHOOK_SECRET": access.webhook_secret}
    if access.api_base is None:
        return known
    # The simulator's clock goes along with those of sandboxes.
    return {**known, "STRIPE_API_BASE": access.api_base, "BURSAR_STRIPE_CLOCK_URL": f"{access.api_base}/_sim/clock/advance"}
