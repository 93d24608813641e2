"""All objects in memory, each as the JSON that is answered, with the few indexes that lists need.

A request works on a `Transaction`: reads see its own writes; nothing is visible or durable before `commit`, which applies
and journals everything at once.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from deploy.stripe_simulator.errors import missing
from deploy.stripe_simulator.journal import Journal, Record
from deploy.stripe_simulator.jsons import Json, dump, load

# What lists filter by; a field that is not here is filtered by reading the candidates.
INDEXED = {
    "balance_transaction": ("available_on", "source", "payout", "type"),
    "charge": ("customer", "payment_intent", "transfer_group"),
    "dispute": ("charge", "payment_intent"),
    "event": ("type",),
    "payment_intent": ("customer",),
    "payment_method": ("customer",),
    "radar.early_fraud_warning": ("charge", "payment_intent"),
    "refund": ("charge", "payment_intent"),
    "sim.delivery": ("event",),
    "setup_attempt": ("setup_intent",),
    "setup_intent": ("customer", "payment_method"),
    "transfer": ("destination", "transfer_group"),
    "transfer_reversal": ("transfer",),
}
SEARCHED = frozenset({"charge", "customer", "payment_intent"})

Key = tuple[str, str, str, object]


@dataclass(slots=True)
class Row:
    """`body` is the object as answered; `hidden` what only the simulator knows of it (a card's number, a return_url)."""

    account: str
    kind: str
    id: str
    body: bytes
    hidden: bytes
    keys: tuple[Key, ...]


class Store:
    """Rows of every account by id, in order of creation."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.rows: dict[str, Row] = {}
        self._kinds: dict[tuple[str, str], dict[str, None]] = {}
        self._index: dict[Key, dict[str, None]] = {}
        self.funds: dict[tuple[str, str, str], int] = {}
        for record in journal.replay():
            self.apply(record)

    def apply(self, record: Record) -> None:
        account, kind, object_id, body, hidden = record
        self._forget(object_id, replaced_by=None if body is None else kind)
        if body is None:
            return
        keys = tuple(_keys(account, kind, load(body))) if kind in INDEXED or kind in SEARCHED else ()
        self.rows[object_id] = Row(account, kind, object_id, body, hidden, keys)
        self._kinds.setdefault((account, kind), {})[object_id] = None
        for key in keys:
            self._index.setdefault(key, {})[object_id] = None
        if kind == "balance_transaction":
            self._count_funds(account, body, +1)

    def of_kind(self, account: str, kind: str) -> dict[str, None]:
        return self._kinds.get((account, kind), {})

    def matching(self, account: str, kind: str, field: str, value: object) -> dict[str, None]:
        return self._index.get((account, kind, field, value), {})

    def records(self) -> Iterator[Record]:
        """Everything there is, as records for a compact journal."""
        return ((row.account, row.kind, row.id, row.body, row.hidden) for row in self.rows.values())

    def clear(self) -> None:
        for held in (self.rows, self._kinds, self._index, self.funds):
            held.clear()
        self.journal.rewrite(())

    def _forget(self, object_id: str, *, replaced_by: str | None) -> None:
        """Take an object out of the indexes; one of the same kind keeps its place in the order of creation."""
        old = self.rows.get(object_id)
        if old is None:
            return
        for key in old.keys:
            del self._index[key][object_id]
            if not self._index[key]:
                del self._index[key]
        if old.kind == "balance_transaction":
            self._count_funds(old.account, old.body, -1)
        if replaced_by != old.kind:
            del self.rows[object_id], self._kinds[old.account, old.kind][object_id]

    def _count_funds(self, account: str, body: bytes, sign: int) -> None:
        entry = load(body)
        key = account, entry["currency"], entry["status"]
        self.funds[key] = self.funds.get(key, 0) + sign * entry["net"]


def _keys(account: str, kind: str, body: Json) -> Iterator[Key]:
    for field in INDEXED.get(kind, ()):
        if (value := body.get(field)) is not None:
            yield account, kind, field, value
    if kind in SEARCHED:
        for name, value in body["metadata"].items():
            yield account, kind, f"metadata:{name}", value


class Transaction:
    """The writes of one request or one piece of due work, in one account."""

    def __init__(self, store: Store, account: str) -> None:
        self.store = store
        self.account = account
        self._written: dict[str, Record] = {}

    def get(self, kind: str, object_id: str, param: str = "id") -> Json:
        """The object, or 404 when there is none of that kind in this account."""
        found = self.find(object_id)
        if found is None or found["object"] != kind or found.get("deleted"):
            raise missing(kind, object_id, param)
        return found

    def find(self, object_id: str) -> Json | None:
        if (written := self._written.get(object_id)) is not None:
            return None if written[3] is None else load(written[3])
        row = self.store.rows.get(object_id)
        return load(row.body) if row and row.account == self.account else None

    def body(self, object_id: str) -> bytes:
        """The stored bytes of an object that exists."""
        written = self._written.get(object_id)
        found = written[3] if written else self.store.rows[object_id].body
        assert found is not None, f"{object_id} was deleted"
        return found

    def hidden(self, object_id: str) -> Json:
        written = self._written.get(object_id)
        row = self.store.rows.get(object_id)
        found = written[4] if written else row.hidden if row else b""
        return load(found) if found else {}

    def put(self, value: Json, hidden: Json | None = None, *, kind: str | None = None) -> bytes:
        """Write an object; `hidden` None leaves what was hidden as it is. Returns the stored bytes."""
        object_id: str = value["id"]
        body = dump(value)
        secret = dump(hidden) if hidden is not None else self._hidden_bytes(object_id)
        self._written[object_id] = (self.account, kind or value["object"], object_id, body, secret)
        return body

    def put_raw(self, kind: str, object_id: str, body: bytes) -> None:
        self._written[object_id] = (self.account, kind, object_id, body, b"")

    def hide(self, object_id: str, hidden: Json) -> None:
        kind = self._kind(object_id)
        self._written[object_id] = (self.account, kind, object_id, self.body(object_id), dump(hidden))

    def delete(self, object_id: str) -> None:
        self._written[object_id] = (self.account, self._kind(object_id), object_id, None, b"")

    def ids(self, kind: str, field: str | None = None, value: object = None) -> list[str]:
        """Committed ids in order of creation, all of a kind or those with an indexed value."""
        if field is None:
            return list(self.store.of_kind(self.account, kind))
        return list(self.store.matching(self.account, kind, field, value))

    def written(self) -> Iterable[Record]:
        return self._written.values()

    def discard(self) -> None:
        self._written.clear()

    def commit(self) -> None:
        if not self._written:
            return
        for record in self._written.values():
            self.store.apply(record)
        self.store.journal.append(self._written.values())
        self._written.clear()

    def _hidden_bytes(self, object_id: str) -> bytes:
        written = self._written.get(object_id)
        row = self.store.rows.get(object_id)
        return written[4] if written else row.hidden if row else b""

    def _kind(self, object_id: str) -> str:
        written = self._written.get(object_id)
        return written[1] if written else self.store.rows[object_id].kind


def listed(values: list[Json], url: str, *, has_more: bool = False) -> Json:
    return {"object": "list", "data": values, "has_more": has_more, "url": url}
