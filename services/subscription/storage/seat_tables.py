"""The tables of seats; migrations/ makes them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

_metadata = MetaData()
_TIME = TIMESTAMP(timezone=True)

customer_seat = Table(
    "customer_seat",
    _metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("status", Text, nullable=False),
    Column("container_kind", Text, nullable=False),
    Column("container_id", Uuid, nullable=False),
    Column("product_id", Uuid, nullable=False),
    Column("billing_customer_id", Uuid, nullable=False),
    Column("customer_id", Uuid),
    Column("external_customer_id", Text),
    Column("email", Text),
    Column("invitation", Integer, nullable=False),
    Column("invitation_token_hash", LargeBinary),
    Column("invitation_token_expires_at", _TIME),
    Column("claimed_at", _TIME),
    Column("revoked_at", _TIME),
    Column("version", BigInteger, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("modified_at", _TIME, nullable=False),
    Column("metadata", JSONB, nullable=False),
)

seat_order = Table(
    "seat_order",
    _metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("product_id", Uuid, nullable=False),
    Column("product_name", Text, nullable=False),
    Column("seats", Integer, nullable=False),
)
