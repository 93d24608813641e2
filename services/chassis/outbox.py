"""Facts, and the table in which they become true together with the change they tell of.

The row, not the broker, is the record. Rows are kept; `outbox_pending` names those that are not confirmed by the broker yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from google.protobuf.message import Message
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from services.chassis.arrays import array_of, uuids
from services.chassis.ids import new_id
from services.chassis.tracing import traceparent_for_facts

PARTITIONS = 16
"""Fixed for life: a subject's facts always travel in the same partition."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened to one subject: noun and past participle, e.g. `order.paid`."""

    type: str
    subject_id: UUID
    organization_id: UUID
    version: int
    """The subject's version after the change; grows by one with each."""
    occurred_at: datetime
    message: Message
    event_id: UUID = field(default_factory=new_id)

    @property
    def partition(self) -> int:
        """Which of the partitions the subject belongs to."""
        return self.subject_id.int % PARTITIONS

    @property
    def subject(self) -> str:
        """Where the broker carries it."""
        return f"events.{self.type}.{self.partition}"


_STORE = """
with facts as (
  insert into outbox (event_id, organization_id, type, subject_id, version, partition, payload, traceparent, occurred_at)
  select * from unnest(%(event_id)s::uuid[], %(organization_id)s::uuid[], %(type)s::text[], %(subject_id)s::uuid[],
    %(version)s::bigint[], %(partition)s::smallint[], %(payload)s::bytea[], %(traceparent)s::text[], %(occurred_at)s::timestamptz[])
  returning partition, position)
insert into outbox_pending (partition, position) select partition, position from facts
"""
LARGEST_PAYLOAD = 512 * 1024
"""Half of what the broker takes: a larger fact could never leave and would hold up its partition."""


async def store(connection: AsyncConnection[DictRow], facts: Sequence[Fact]) -> None:
    """Write the facts of one transaction, in their order, in one statement."""
    traceparent = traceparent_for_facts()
    payloads = [fact.message.SerializeToString() for fact in facts]
    if max(map(len, payloads)) > LARGEST_PAYLOAD:
        raise ValueError(f"a fact is larger than {LARGEST_PAYLOAD} bytes; facts carry what readers need and no more")
    await connection.execute(
        _STORE,
        {
            "event_id": uuids([fact.event_id for fact in facts]),
            "organization_id": uuids([fact.organization_id for fact in facts]),
            "type": array_of("TEXT", [fact.type for fact in facts]),
            "subject_id": uuids([fact.subject_id for fact in facts]),
            "version": array_of("BIGINT", [fact.version for fact in facts]),
            "partition": array_of("SMALLINT", [fact.partition for fact in facts]),
            "payload": array_of("BYTEA", payloads),
            "traceparent": array_of("TEXT", [traceparent] * len(facts)),
            "occurred_at": array_of("TIMESTAMP WITH TIME ZONE", [fact.occurred_at for fact in facts]),
        },
    )
