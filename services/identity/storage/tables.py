"""The tables of this service; migrations/ makes them."""

from __future__ import annotations

from sqlalchemy import ARRAY, BigInteger, Column, LargeBinary, MetaData, Table, Text, Uuid
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
