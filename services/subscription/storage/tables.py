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
    Column("product_name", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("recurring_interval", Text, nullable=False),
    Column("recurring_interval_count", Integer, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("prices", JSONB, nullable=False),
    Column("tax_behavior", Text, nullable=False),
    Column("seats", Integer),
    Column("units", Integer),
    Column("discount_id", Uuid),
    Column("discount", JSONB),
    Column("discount_cycles_billed", Integer, nullable=False),
    Column("discount_cycles_left", Integer),
    Column("payment_method_id", Uuid),
    Column("anchor", _TIME, nullable=False),
    Column("period_number", Integer, nullable=False),
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
    Column("pause_at_period_end", Boolean, nullable=False),
    Column("paused_at", _TIME),
    Column("resumes_at", _TIME),
    Column("past_due_at", _TIME),
    Column("pending_update", JSONB),
    Column("charging_update", JSONB),
    Column("charging_order_id", Uuid),
    Column("announced_end", _TIME),
    Column("period_discount", JSONB),
    Column("due_at", _TIME),
    Column("version", BigInteger, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("modified_at", _TIME, nullable=False),
    Column("metadata", JSONB, nullable=False),
    Column("first_payment_version", BigInteger),
)

billing_entry = Table(
    "billing_entry",
    _metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("subscription_id", Uuid, nullable=False),
    Column("type", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("order_id", Uuid),
    Column("product_id", Uuid, nullable=False),
    Column("product_price_id", Uuid),
    Column("label", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("quantity", Integer),
    Column("proration", Boolean, nullable=False),
    Column("start_timestamp", _TIME, nullable=False),
    Column("end_timestamp", _TIME, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("charged_first", Boolean, nullable=False),
)

subscription_order = Table(
    "subscription_order",
    _metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("subscription_id", Uuid, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("occurred_at", _TIME, nullable=False),
    Column("past_due_at", _TIME),
    Column("exhausted_at", _TIME),
)

first_payment = Table(
    "first_payment",
    _metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("subscription_id", Uuid, primary_key=True),
    Column("expired_at", _TIME),
)

customer = Table(
    "customer",
    _metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("email", Text),
    Column("name", Text),
    Column("external_id", Text),
    Column("deleted_at", _TIME),
)

organization = Table(
    "organization",
    _metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("settings", JSONB, nullable=False),
)

product = Table(
    "product",
    _metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("details", JSONB, nullable=False),
)

discount = Table(
    "discount",
    _metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
)
