"""The tables of the service, as SQLAlchemy Core knows them. The migrations make them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Integer, LargeBinary, MetaData, Table, Text, Uuid

metadata = MetaData()


def _time(name: str, *, nullable: bool = True) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


attempt = Table(
    "attempt",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organization_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("customer_id", Uuid, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("checkout_id", Uuid),
    Column("number", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("off_session", Boolean, nullable=False),
    Column("keep_method", Boolean, nullable=False),
    Column("return_url", Text),
    Column("description", Text, nullable=False),
    Column("trigger", Text),
    Column("amount", BigInteger),
    Column("currency", Text),
    Column("method", Text),
    Column("payment_method_id", Uuid),
    Column("processor_id", Text),
    Column("failure_code", Text),
    Column("decline_code", Text),
    Column("decline_message", Text),
    Column("retryable", Boolean),
    Column("redirect_url", Text),
    Column("client_secret", Text),
    Column("settlement_currency", Text),
    Column("settlement_amount", BigInteger),
    Column("settlement_fee_amount", BigInteger),
    Column("settlement_net_amount", BigInteger),
    _time("settled_at"),
    _time("available_at"),
    _time("succeeded_at"),
    Column("closed", Boolean, nullable=False),
    Column("reads", Integer, nullable=False),
    _time("asked_at"),
    _time("due_at"),
    Column("version", BigInteger, nullable=False),
    _time("created_at", nullable=False),
    _time("modified_at", nullable=False),
)

processor_customer = Table(
    "processor_customer",
    metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, primary_key=True),
    Column("processor_id", Text),
    Column("email", Text, nullable=False),
    Column("name", Text),
    Column("default_payment_method_id", Uuid),
    _time("created_at", nullable=False),
)

payment_method = Table(
    "payment_method",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organization_id", Uuid, nullable=False),
    Column("customer_id", Uuid, nullable=False),
    Column("processor_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("brand", Text, nullable=False),
    Column("last4", Text, nullable=False),
    Column("exp_month", Integer, nullable=False),
    Column("exp_year", Integer, nullable=False),
    Column("country", Text),
    Column("fingerprint", Text),
    Column("version", BigInteger, nullable=False),
    _time("detach_at"),
    _time("deleted_at"),
    _time("created_at", nullable=False),
    _time("modified_at", nullable=False),
)

stripe_event = Table(
    "stripe_event",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organization_id", Uuid),
    Column("type", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text),
    _time("due_at"),
    _time("created_at", nullable=False),
    _time("received_at", nullable=False),
    _time("processed_at"),
)

stripe_cursor = Table(
    "stripe_cursor",
    metadata,
    Column("name", Text, primary_key=True),
    _time("position", nullable=False),
    _time("due_at", nullable=False),
)
