"""Every operation that is simulated, and the one that a path means."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from deploy.stripe_simulator.resources import (
    accounts,
    balance,
    balance_transactions,
    charges,
    confirmation_tokens,
    customers,
    disputes,
    early_fraud_warnings,
    events,
    payment_intents,
    payment_methods,
    refunds,
    setup_intents,
    webhook_endpoints,
)

Handler = Callable[..., Any]

RESOURCES: tuple[ModuleType, ...] = (
    accounts,
    balance,
    balance_transactions,
    charges,
    confirmation_tokens,
    customers,
    disputes,
    early_fraud_warnings,
    events,
    payment_intents,
    payment_methods,
    refunds,
    setup_intents,
    webhook_endpoints,
)


class Routes:
    """A tree of path segments; `{…}` matches any one."""

    def __init__(self) -> None:
        self._tree: dict[str, Any] = {}
        self.tasks: dict[str, Handler] = {}
        for resource in RESOURCES:
            for operation, handler in getattr(resource, "ROUTES", {}).items():
                self._add(operation, handler)
            self.tasks |= getattr(resource, "TASKS", {})

    def match(self, method: str, path: str) -> tuple[str, Handler, list[str]] | None:
        """The operation's name, its handler and the ids in the path."""
        node = self._tree
        identifiers = []
        for segment in path.split("/")[1:]:
            if segment in node:
                node = node[segment]
            elif "{}" in node and segment:
                node = node["{}"]
                identifiers.append(segment)
            else:
                return None
        found: tuple[str, Handler] | None = node.get(f" {method}")
        return (*found, identifiers) if found else None

    def _add(self, operation: str, handler: Handler) -> None:
        method, _, path = operation.partition(" ")
        node = self._tree
        for segment in path.split("/")[1:]:
            node = node.setdefault("{}" if segment.startswith("{") else segment, {})
        node[f" {method}"] = (operation, handler)
