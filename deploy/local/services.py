"""The services of the suite, as the local stack runs them. A new service is one more line."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Service:
    """`verbs` are its processes: `run` is API, worker and relay in one."""

    name: str
    verbs: tuple[str, ...] = ("run",)


SERVICES: tuple[Service, ...] = (
    Service("identity", ("run", "authorize")),
    Service("checkout"),
    Service("payments"),
    Service("ledger"),
    Service("benefits"),
    Service("subscription"),
)

# The service that answers the edge who a caller is, and the verb of the process that does.
AUTHORIZING = ("identity", "authorize")


def process_name(service: str, verb: str) -> str:
    """`payments` for the service itself, `identity-authorize` for a process beside it."""
    return service if verb == "run" else f"{service}-{verb}"


def named(names: list[str] | None) -> tuple[Service, ...]:
    """The services of those names in the table's order; all of them for None."""
    if names is None:
        return SERVICES
    unknown = set(names) - {service.name for service in SERVICES}
    if unknown:
        raise ValueError(f"unknown services: {', '.join(sorted(unknown))}")
    return tuple(service for service in SERVICES if service.name in names)
