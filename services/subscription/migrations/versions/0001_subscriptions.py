"""The first tables: subscriptions, and which customers they may belong to."""

from alembic import op

from services.chassis.migrate import roles_of
from services.chassis.schema import create_chassis_tables, enable_row_level_security

revision = "0001"
down_revision = None

_TABLES = (
    """
    create table subscription (
      organization_id uuid not null,
      id uuid not null,
      status text not null,
      customer_id uuid not null,
      external_customer_id text,
      checkout_id uuid,
      product_id uuid not null,
      currency text not null,
      amount bigint not null check (amount >= 0),
      recurring_interval text not null,
      recurring_interval_count integer not null check (recurring_interval_count > 0),
      time_zone text not null,
      prices jsonb not null,
      tax_behavior text not null,
      discount_id uuid,
      discount jsonb,
      payment_method_id uuid,
      anchor timestamptz not null,
      current_period_start timestamptz not null,
      current_period_end timestamptz not null check (current_period_end >= current_period_start),
      trial_start timestamptz,
      trial_end timestamptz,
      started_at timestamptz not null,
      cancel_at_period_end boolean not null,
      canceled_at timestamptz,
      ends_at timestamptz check ((ends_at is null) = (canceled_at is null)),
      ended_at timestamptz,
      customer_cancellation_reason text not null,
      customer_cancellation_comment text,
      due_at timestamptz,
      version bigint not null,
      created_at timestamptz not null,
      modified_at timestamptz not null,
      metadata jsonb not null,
      primary key (organization_id, id)
    )
    """,
    "create index subscription_created_at on subscription (organization_id, created_at, id)",
    "create index subscription_customer on subscription (organization_id, customer_id)",
    # What the clock has to look at: small, whatever the number of subscriptions.
    "create index subscription_due_at on subscription (due_at) where due_at is not null",
    """
    create table customer (
      organization_id uuid not null,
      id uuid not null,
      deleted_at timestamptz,
      primary key (organization_id, id)
    )
    """,
)


def upgrade() -> None:
    roles = roles_of("subscription")
    create_chassis_tables(op, roles.app, roles.worker)
    for statement in _TABLES:
        op.execute(statement)
    for table in ("subscription", "customer"):
        enable_row_level_security(op, table, roles.app, roles.worker, privileges="select, insert, update")
