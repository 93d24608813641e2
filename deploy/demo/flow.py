"""Which facts flowed to which service, and how long each took from the commit that made it to the commit that used it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from deploy.audit.suite import Suite

_FACTS = "select event_id, type, stored_at from outbox where stored_at >= %(since)s and organization_id = %(organization_id)s"
_TAKEN = "select consumer, event_id, claimed_at from inbox where claimed_at >= %(since)s"


@dataclass(frozen=True, slots=True)
class Flow:
    """One fact on its way: who told, when after the scene began, and who used it after how many milliseconds."""

    fact: str
    producer: str
    at_milliseconds: float
    consumers: Mapping[str, float]


def flows(suite: Suite, organization_id: UUID, since: datetime) -> list[Flow]:
    """Every fact of the organization since an instant, in the order of time."""
    taken: dict[UUID, dict[str, datetime]] = defaultdict(dict)
    for service in suite.services:
        for row in suite.rows(service, _TAKEN, since=since):
            taken[row["event_id"]][row["consumer"]] = row["claimed_at"]
    told = [
        (row["stored_at"], service, row)
        for service in suite.services
        for row in suite.rows(service, _FACTS, since=since, organization_id=organization_id)
    ]
    told.sort(key=lambda entry: entry[0])
    return [
        Flow(
            row["type"],
            service,
            _milliseconds(since, stored_at),
            {name: _milliseconds(stored_at, claimed) for name, claimed in sorted(taken[row["event_id"]].items())},
        )
        for stored_at, service, row in told
    ]


def _milliseconds(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() * 1000
