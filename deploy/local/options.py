"""How a stack can differ from the usual one."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from deploy.envoy.settings import Limits
from deploy.local.plan import Outside


def service_command(service: str, verb: str) -> list[str]:
    """Migrations are run without loading the service, which takes longer than they do."""
    if verb == "migrate":
        return [sys.executable, "-m", "services.chassis.migrate", service]
    return [sys.executable, "-m", f"services.{service}", verb]


@dataclass(frozen=True, slots=True)
class StackOptions:
    """`extra_environment` is by service name. `command` makes the command line of a service's verb.

    With `provision` the demo organizations are made; without `keep_data` everything is forgotten at the end but logs.
    """

    outside: Outside = field(default_factory=Outside)
    limits: Limits = field(default_factory=Limits)
    extra_environment: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    command: Callable[[str, str], list[str]] = service_command
    provision: bool = True
    keep_data: bool = True
