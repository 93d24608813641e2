"""The tables of this service; migrations/ makes them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

_metadata = MetaData()
_TIME = TIMESTAMP(timezone=True)

subscription = Table(
    "subscription",
    _metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("status", Text, nullable=False),
    Column("customer_id", Uuid, nullable=False),
    Column("external_customer_id", Text),
    Column("checkout_id", Uuid),
    Column("product_id", Uuid, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("recurring_interval", Text, nullable=False),
    Column("recurring_interval_count", Integer, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("prices", JSONB, nullable=False),
    Column("tax_behavior", Text, nullable=False),
    Column("discount_id", Uuid),
    Column("discount", JSONB),
    Column("payment_method_id", Uuid),
    Column("anchor", _TIME, nullable=False),
    Column("current_period_start", _TIME, nullable=False),
    Column("current_period_end", _TIME, nullable=False),
    Column("trial_start", _TIME),
    Column("trial_end", _TIME),
    Column("started_at", _TIME, nullable=False),
    Column("cancel_at_period_end", Boolean, nullable=False),
    Column("canceled_at", _TIME),
    Column("ends_at", _TIME),
    Column("ended_at", _TIME),
    Column("customer_cancellation_reason", Text, nullable=False),
    Column("customer_cancellation_comment", Text),
    Column("due_at", _TIME),
    Column("version", BigInteger, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("modified_at", _TIME, nullable=False),
    Column("metadata", JSONB, nullable=False),
)

customer = Table(
    "customer",
    _metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("deleted_at", _TIME),
)
