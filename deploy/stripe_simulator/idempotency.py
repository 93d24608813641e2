"""Idempotency keys: the first answer, kept for a day and given again."""

import hashlib
from dataclasses import dataclass

import orjson

from deploy.stripe_simulator.clock import Clock
from deploy.stripe_simulator.errors import invalid, key_in_use, key_reused
from deploy.stripe_simulator.jsons import dump, load
from deploy.stripe_simulator.settings import Settings
from deploy.stripe_simulator.store import Store, Transaction

KIND = "sim.idempotency"
MAX_KEY = 255
MAX_PRUNED_AT_ONCE = 20


@dataclass(slots=True, frozen=True)
class Claim:
    """A key in one account, bound to one request."""

    account: str
    key: str
    fingerprint: str

    @property
    def row_id(self) -> str:
        return f"idem:{self.account}:{self.key}"


@dataclass(slots=True, frozen=True)
class FirstAnswer:
    status: int
    body: bytes
    request_id: str


class Keys:
    """What is in flight, and what was answered."""

    def __init__(self, store: Store, clock: Clock, settings: Settings) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings
        self._in_flight: set[str] = set()

    def begin(self, claim: Claim) -> FirstAnswer | None:
        """The first answer if there is one; else the key is in flight until `end`."""
        if len(claim.key) > MAX_KEY:
            raise invalid(f"Idempotency keys have at most {MAX_KEY} characters.")
        row = self._store.rows.get(claim.row_id)
        if row is not None:
            kept = load(row.body)
            if kept["created"] > self._clock.now() - self._settings.key_lifetime_seconds:
                if kept["fingerprint"] != claim.fingerprint:
                    raise key_reused(claim.key)
                return FirstAnswer(kept["status"], dump(kept["body"]), kept["request"])
        if claim.row_id in self._in_flight:
            raise key_in_use(claim.key)
        self._in_flight.add(claim.row_id)
        return None

    def end(self, claim: Claim) -> None:
        self._in_flight.discard(claim.row_id)

    def keep(self, tx: Transaction, claim: Claim, answer: FirstAnswer) -> None:
        """Write the answer in the transaction of its effect."""
        row = {
            "fingerprint": claim.fingerprint,
            "status": answer.status,
            "created": self._clock.now(),
            "request": answer.request_id,
            "body": orjson.Fragment(answer.body),
        }
        tx.put_raw(KIND, claim.row_id, dump(row))
        self._prune(tx)

    def _prune(self, tx: Transaction) -> None:
        """Forget the oldest keys once they are a day old."""
        oldest = self._clock.now() - self._settings.key_lifetime_seconds
        for position, row_id in enumerate(self._store.of_kind(tx.account, KIND)):
            if position >= MAX_PRUNED_AT_ONCE or load(self._store.rows[row_id].body)["created"] > oldest:
                return
            tx.delete(row_id)


def fingerprint(method: str, path: str, body: bytes) -> str:
    """Equal for the same parameters at the same address, whatever their order."""
    canonical = b"&".join(sorted(body.split(b"&")))
    return hashlib.sha256(f"{method} {path}\n".encode() + canonical).hexdigest()
