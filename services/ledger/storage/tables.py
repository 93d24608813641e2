"""The tables of the books, to read. Only the functions in the migrations write them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, Integer, LargeBinary, MetaData, SmallInteger, Table, Text, Uuid

metadata = MetaData()

account = Table(
    "account",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("code", Text, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("organization_id", Uuid),
    Column("currency", Text, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
)

balance = Table(
    "balance",
    metadata,
    Column("account_id", BigInteger, primary_key=True),
    Column("currency", Text, nullable=False),
    Column("debit_amount", BigInteger, nullable=False),
    Column("credit_amount", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("floor_amount", BigInteger),
    Column("ceiling_amount", BigInteger),
)

journal = Table(
    "journal",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("organization_id", Uuid),
    Column("source_id", Uuid),
    Column("effective_at", DateTime(timezone=True), nullable=False),
    Column("posted_at", DateTime(timezone=True), nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("request_hash", LargeBinary, nullable=False),
    Column("idempotency_key", Text, nullable=False),
)

reversal = Table(
    "reversal",
    metadata,
    Column("transaction_id", BigInteger, primary_key=True),
    Column("reverses_id", BigInteger, nullable=False),
)

entry = Table(
    "entry",
    metadata,
    Column("account_id", BigInteger, primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("transaction_id", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("balance_after_amount", BigInteger, nullable=False),
    Column("line", SmallInteger, nullable=False),
    Column("currency", Text, nullable=False),
)

# A view: what a caller sees of the transactions that it sees.
transaction_entry = Table(
    "transaction_entry",
    metadata,
    Column("transaction_id", BigInteger, primary_key=True),
    Column("line", SmallInteger, primary_key=True),
    Column("account_id", BigInteger, nullable=False),
    Column("account_code", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("sequence", BigInteger),
    Column("balance_after_amount", BigInteger),
)

fee_plan = Table(
    "fee_plan",
    metadata,
    Column("organization_id", Uuid),
    Column("rate_ppm", Integer, nullable=False),
    Column("fixed_amount", BigInteger, nullable=False),
)
