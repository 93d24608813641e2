"""The tables of this service; migrations/ makes them."""

from __future__ import annotations

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, Integer, LargeBinary, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

_metadata = MetaData()
_TIME = TIMESTAMP(timezone=True)

organization = Table(
    "organization",
    _metadata,
    Column("id", Uuid, primary_key=True),
    Column("slug", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("email", Text),
    Column("country", Text, nullable=False),
    Column("default_presentment_currency", Text, nullable=False),
    Column("default_tax_behavior", Text, nullable=False),
    Column("settings", JSONB, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("modified_at", _TIME, nullable=False),
    Column("metadata", JSONB, nullable=False),
)

access_token = Table(
    "access_token",
    _metadata,
    Column("id", Uuid, primary_key=True),
    Column("organization_id", Uuid),
    Column("comment", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("expires_at", _TIME),
    Column("revoked_at", _TIME),
    Column("last_used_at", _TIME),
    Column("created_at", _TIME, nullable=False),
    Column("modified_at", _TIME, nullable=False),
)

clock_advance = Table(
    "clock_advance",
    _metadata,
    Column("id", Uuid, primary_key=True),
    Column("organization_id", Uuid, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("from_time", _TIME, nullable=False),
    Column("to_time", _TIME, nullable=False),
    Column("now", _TIME, nullable=False),
    Column("begun", Boolean, nullable=False),
    Column("steps", Integer, nullable=False),
    Column("waiting_for", ARRAY(Text), nullable=False),
    Column("counts", JSONB, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("finished_at", _TIME),
)

clock_happening = Table(
    "clock_happening",
    _metadata,
    Column("organization_id", Uuid, nullable=False),
    Column("clock_advance_id", Uuid, primary_key=True),
    Column("occurred_at", _TIME, primary_key=True),
    Column("place", BigInteger, primary_key=True),
    Column("service", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("event_id", Uuid, nullable=False),
)

clock_settled = Table(
    "clock_settled",
    _metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("service", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
)
