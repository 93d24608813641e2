"""The first tables: subscriptions, what they bill, which of their orders are unpaid, and copies of what the other services tell."""

from alembic import op

from services.chassis.migrate import roles_of
from services.chassis.schema import create_chassis_tables, enable_row_level_security
from services.subscription.migrations.seat_tables import SEAT_TABLE_NAMES, SEAT_TABLES

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
      product_name text not null,
      currency text not null,
      amount bigint not null check (amount >= 0),
      recurring_interval text not null,
      recurring_interval_count integer not null check (recurring_interval_count > 0),
      time_zone text not null,
      prices jsonb not null,
      tax_behavior text not null,
      seats integer,
      units integer,
      discount_id uuid,
      discount jsonb check ((discount is null) = (discount_id is null)),
      discount_cycles_billed integer not null,
      discount_cycles_left integer check (discount_cycles_left >= 0),
      payment_method_id uuid,
      anchor timestamptz not null,
      period_number integer not null check (period_number >= -1),
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
      pause_at_period_end boolean not null,
      paused_at timestamptz check ((paused_at is not null) = (status = 'paused')),
      resumes_at timestamptz,
      past_due_at timestamptz,
      pending_update jsonb,
      charging_update jsonb check ((charging_update is null) = (charging_order_id is null)),
      charging_order_id uuid,
      announced_end timestamptz,
      period_discount jsonb,
      due_at timestamptz,
      version bigint not null,
      created_at timestamptz not null,
      modified_at timestamptz not null,
      metadata jsonb not null,
      first_payment_version bigint check (first_payment_version is not null or status not in ('incomplete', 'incomplete_expired')),
      primary key (organization_id, id)
    )
    """,
    "create index subscription_created_at on subscription (organization_id, created_at, id)",
    "create index subscription_customer on subscription (organization_id, customer_id)",
    # What the sweep has to look at: small, whatever the number of subscriptions. A sandbox's is looked for by its own clock.
    "create index subscription_due_at on subscription (due_at) where due_at is not null and not is_sandbox(organization_id)",
    "create index subscription_sandbox_due_at on subscription (organization_id, due_at) "
    "where due_at is not null and is_sandbox(organization_id)",
    "create index subscription_charging on subscription (organization_id, charging_order_id) where charging_order_id is not null",
    """
    create table billing_entry (
      organization_id uuid not null,
      id uuid not null,
      subscription_id uuid not null,
      type text not null,
      state text not null check ((order_id is null) = (state = 'pending') or state = 'dropped'),
      order_id uuid,
      product_id uuid not null,
      product_price_id uuid,
      label text not null,
      description text not null,
      amount bigint not null,
      currency text not null,
      quantity integer,
      proration boolean not null,
      start_timestamp timestamptz not null,
      end_timestamp timestamptz not null,
      created_at timestamptz not null,
      charged_first boolean not null,
      primary key (organization_id, id)
    )
    """,
    # Time bills a price once for a period, whoever tries.
    "create unique index billing_entry_cycle on billing_entry (organization_id, subscription_id, start_timestamp, product_price_id) "
    "where type = 'cycle' and state <> 'dropped' and not charged_first",
    "create index billing_entry_created_at on billing_entry (organization_id, subscription_id, created_at, id)",
    "create index billing_entry_pending on billing_entry (organization_id, subscription_id) where state = 'pending'",
    "create index billing_entry_charging on billing_entry (organization_id, order_id) where state = 'charging'",
    """
    create table subscription_order (
      organization_id uuid not null,
      id uuid not null,
      subscription_id uuid not null,
      version bigint not null,
      reason text not null,
      state text not null,
      occurred_at timestamptz not null,
      past_due_at timestamptz,
      exhausted_at timestamptz,
      primary key (organization_id, id)
    )
    """,
    "create index subscription_order_unpaid on subscription_order (organization_id, subscription_id) "
    "where state = 'failed' or exhausted_at is not null",
    # Checkouts end that may have told of a first payment, or are going to be heard of; a row is the lock of both.
    """
    create table first_payment (
      organization_id uuid not null,
      subscription_id uuid not null,
      expired_at timestamptz,
      primary key (organization_id, subscription_id)
    )
    """,
    """
    create table customer (
      organization_id uuid not null,
      id uuid not null,
      version bigint not null,
      email text,
      name text,
      external_id text,
      deleted_at timestamptz,
      primary key (organization_id, id)
    )
    """,
    "create index customer_external_id on customer (organization_id, external_id) where external_id is not null",
    """
    create table organization (
      id uuid primary key,
      version bigint not null,
      settings jsonb not null
    )
    """,
    """
    create table product (
      organization_id uuid not null,
      id uuid not null,
      version bigint not null,
      name text not null,
      details jsonb not null,
      primary key (organization_id, id)
    )
    """,
    """
    create table discount (
      organization_id uuid not null,
      id uuid not null,
      version bigint not null,
      name text not null,
      primary key (organization_id, id)
    )
    """,
)


def upgrade() -> None:
    roles = roles_of("subscription")
    create_chassis_tables(op, roles.app, roles.worker)
    for statement in (*_TABLES, *SEAT_TABLES):
        op.execute(statement)
    for table in (
        "subscription",
        "billing_entry",
        "subscription_order",
        "first_payment",
        "customer",
        "product",
        "discount",
        *SEAT_TABLE_NAMES,
    ):
        enable_row_level_security(op, table, roles.app, roles.worker, privileges="select, insert, update")
    enable_row_level_security(op, "organization", roles.app, roles.worker, "id", privileges="select, insert, update")
