"""Who gets which events: the registered endpoints, read from the store when they change."""

from dataclasses import dataclass

from deploy.stripe_simulator.jsons import load
from deploy.stripe_simulator.settings import PLATFORM
from deploy.stripe_simulator.store import Store

KIND = "webhook_endpoint"


@dataclass(slots=True, frozen=True)
class Endpoint:
    """`connect`: wants the events of connected accounts in place of its own account's."""

    id: str
    account: str
    url: str
    secrets: tuple[str, ...]
    enabled_events: frozenset[str]
    connect: bool

    def wants(self, account: str, event_type: str) -> bool:
        if not (self.enabled_events & {"*", event_type}):
            return False
        return account not in (PLATFORM, self.account) if self.connect else account == self.account


class Endpoints:
    """Enabled endpoints by id."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._enabled: dict[str, Endpoint] = {}
        self.reload()

    def reload(self) -> None:
        rows = [row for row in self._store.rows.values() if row.kind == KIND]
        self._enabled = {}
        for row in rows:
            body, hidden = load(row.body), load(row.hidden)
            if body["status"] == "enabled":
                events = frozenset(body["enabled_events"])
                self._enabled[row.id] = Endpoint(row.id, row.account, body["url"], tuple(hidden["secrets"]), events, hidden["connect"])

    def get(self, endpoint_id: str) -> Endpoint | None:
        return self._enabled.get(endpoint_id)

    def wanting(self, account: str, event_type: str) -> list[str]:
        return [endpoint.id for endpoint in self._enabled.values() if endpoint.wants(account, event_type)]
