"""The tables of benefits, as the queries see them; migrations make them."""

from __future__ import annotations

from sqlalchemy import TIMESTAMP, BigInteger, Boolean, Column, Integer, LargeBinary, MetaData, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()


def _id(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[object]:
    return Column(name, Uuid, primary_key=primary_key, nullable=nullable and not primary_key)


def _time(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, TIMESTAMP(timezone=True), nullable=nullable)


benefit = Table(
    "benefit",
    metadata,
    _id("id", primary_key=True),
    _id("organization_id"),
    Column("kind", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("visibility", Text, nullable=False),
    Column("is_deleted", Boolean, nullable=False),
    Column("properties", JSONB, nullable=False),
    Column("metadata", JSONB, nullable=False),
    Column("version", BigInteger, nullable=False),
    _time("created_at"),
    _time("modified_at"),
)

product = Table(
    "product",
    metadata,
    _id("id", primary_key=True),
    _id("organization_id"),
)

product_benefit = Table(
    "product_benefit",
    metadata,
    _id("product_id", primary_key=True),
    _id("benefit_id", primary_key=True),
    _id("organization_id"),
    Column("position", SmallInteger, nullable=False),
)

customer = Table(
    "customer",
    metadata,
    _id("id", primary_key=True),
    _id("organization_id"),
    Column("external_id", Text),
    Column("is_deleted", Boolean, nullable=False),
    Column("version", BigInteger, nullable=False),
)

organization = Table(
    "organization",
    metadata,
    _id("organization_id", primary_key=True),
    Column("benefit_revocation_grace_period", Integer, nullable=False),
    Column("version", BigInteger, nullable=False),
)

entitlement_source = Table(
    "entitlement_source",
    metadata,
    _id("id", primary_key=True),
    _id("organization_id"),
    Column("kind", Text, nullable=False),
    _id("customer_id", nullable=True),
    _id("product_id"),
    _id("container_id", nullable=True),
    Column("status", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    _time("occurred_at", nullable=True),
    _time("period_end", nullable=True),
    _time("past_due_at", nullable=True),
    Column("has_seats", Boolean, nullable=False),
    Column("in_force", Boolean, nullable=False),
    Column("is_entitled", Boolean, nullable=False),
    _time("entitled_until", nullable=True),
    _time("grace_ends_at", nullable=True),
)

benefit_grant = Table(
    "benefit_grant",
    metadata,
    _id("id", primary_key=True),
    _id("organization_id"),
    _id("source_id"),
    Column("source_kind", Text, nullable=False),
    _id("container_id", nullable=True),
    _id("customer_id"),
    _id("benefit_id"),
    Column("status", Text, nullable=False),
    _time("granted_at"),
    _time("revoked_at", nullable=True),
    Column("version", BigInteger, nullable=False),
    _time("created_at"),
    _time("modified_at"),
)

license_key = Table(
    "license_key",
    metadata,
    _id("id", primary_key=True),
    _id("organization_id"),
    _id("grant_id"),
    _id("customer_id"),
    _id("benefit_id"),
    Column("key", Text, nullable=False),
    Column("key_hash", LargeBinary, nullable=False),
    Column("status", Text, nullable=False),
    Column("limit_activations", Integer),
    Column("usage", Integer, nullable=False),
    Column("limit_usage", Integer),
    Column("validations", BigInteger, nullable=False),
    _time("last_validated_at", nullable=True),
    _time("expires_at", nullable=True),
    Column("version", BigInteger, nullable=False),
    _time("created_at"),
    _time("modified_at"),
)

license_key_activation = Table(
    "license_key_activation",
    metadata,
    _id("id", primary_key=True),
    _id("organization_id"),
    _id("license_key_id"),
    Column("label", Text, nullable=False),
    Column("conditions", JSONB, nullable=False),
    Column("meta", JSONB, nullable=False),
    _time("created_at"),
    _time("modified_at"),
    _time("deactivated_at", nullable=True),
)

convergence_work = Table(
    "convergence_work",
    metadata,
    _id("id", primary_key=True),
    _id("organization_id"),
    Column("scope", Text, nullable=False),
    _id("subject_id"),
    _id("after_source_id", nullable=True),
)
